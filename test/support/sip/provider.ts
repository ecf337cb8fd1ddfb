import { createHash } from 'node:crypto';
import { newId, Phone, type RequestParts } from './phone.ts';
import { header, type PhoneMessage, sdp } from './sip-message.ts';
import type { WireAddress } from './wire.ts';

export interface ProviderOptions {
  /** Asked of REGISTER and INVITE; without it everybody is let in. */
  readonly password?: string;
}

const realm = 'provider.test';

/** The other side of a trunk: answers OPTIONS and REGISTER by itself; tests say what it does with calls. */
export class Provider {
  readonly wire: Phone;
  readonly #password: string | undefined;
  /** What was registered, newest last. */
  readonly registrations: PhoneMessage[] = [];
  #isOpen = true;

  private constructor(wire: Phone, { password }: ProviderOptions) {
    this.wire = wire;
    this.#password = password;
    for (const method of ['OPTIONS', 'REGISTER']) void this.#answerAll(method);
  }

  /** @param edge where it sends calls */
  static async open(edge: WireAddress, options: ProviderOptions = {}): Promise<Provider> {
    return new Provider(await Phone.open('provider', edge), options);
  }

  get port(): number {
    return this.wire.port;
  }

  /** The next call that comes, once it has proved itself if it must; not answered. */
  async isCalled(withinMs = 10_000): Promise<PhoneMessage> {
    const invite = await this.wire.nextRequest('INVITE', withinMs);
    if (this.#isProved(invite)) return invite;
    this.#challenge(invite, 407);
    await this.wire.nextRequest('ACK', withinMs);
    return await this.isCalled(withinMs);
  }

  async accept(invite: PhoneMessage): Promise<void> {
    this.wire.answer(invite, 200, { tag: 'p', body: sdp(9_000) });
    await this.wire.nextRequest('ACK', 10_000);
  }

  async refuse(invite: PhoneMessage, status: number): Promise<void> {
    this.wire.answer(invite, status, { tag: 'p' });
    await this.wire.nextRequest('ACK', 10_000);
  }

  async isHungUp(): Promise<void> {
    this.wire.answer(await this.wire.nextRequest('BYE', 10_000), 200);
  }

  /** Calls a number of the company. */
  call(number: string, from: string, parts: RequestParts = {}): PhoneMessage {
    const uri = `sip:${number}@${this.wire.edgeHost}`;
    return this.wire.request('INVITE', {
      ...{ uri, to: `<${uri}>`, from: `<sip:${from}@${realm}>;tag=${newId()}`, callId: newId(), body: sdp(9_000) },
      ...parts,
    });
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.wire.close();
  }

  async #answerAll(method: string): Promise<void> {
    while (this.#isOpen) {
      const request = await this.wire.nextRequest(method, 1_000).catch(() => undefined);
      if (request === undefined || !this.#isOpen) continue;
      if (method === 'REGISTER' && !this.#isProved(request)) this.#challenge(request, 401);
      else if (method === 'REGISTER') {
        this.registrations.push(request);
        const expires = header(request, 'expires');
        this.wire.answer(request, 200, { headers: [['Expires', expires]] });
      } else this.wire.answer(request, 200);
    }
  }

  #challenge(request: PhoneMessage, status: 401 | 407): void {
    const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    this.wire.answer(request, status, { tag: 'c', headers: [[name, `Digest realm="${realm}", nonce="n1", algorithm=MD5`]] });
  }

  /** RFC 2617 without qop: the oldest that providers still ask for. */
  #isProved(request: PhoneMessage): boolean {
    if (this.#password === undefined) return true;
    const [proof = ''] = request.headers.get('proxy-authorization') ?? request.headers.get('authorization') ?? [];
    const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(proof)?.[1] ?? '';
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const secret = md5(`${part('username')}:${realm}:${this.#password}`);
    return part('response') === md5(`${secret}:n1:${md5(`${request.method}:${part('uri')}`)}`);
  }
}
