import type { ActId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { digestResponse, digestVerifier } from '#ucserver/sip/digest.ts';
import type { Person } from '../person.ts';
import { newId, Phone, type RequestParts } from './phone.ts';
import { type Fields, header, type PhoneMessage, sdp, tagOf } from './sip-message.ts';
import { openWire, type Wire, type WireAddress } from './wire.ts';

export interface DeviceSecret {
  readonly id: string;
  readonly realm: string;
  readonly secret: string;
}

/** Makes a SIP device for a person. */
export async function newDevice(person: Person, name = 'Desk'): Promise<DeviceSecret> {
  const { device, realm, secret } = await person.client.call('phones.create', { actId: randomId() as ActId, name });
  return { id: device.id, realm, secret };
}

/** One side of a call on a phone: what it sent or got to begin it, and how it goes on. */
export class PhoneCall {
  readonly phone: RegisteredPhone;
  readonly invite: PhoneMessage;
  /** Of who was called: the last answer it gave; of who called: the 2xx it got. */
  answer: PhoneMessage | undefined;
  readonly #isCaller: boolean;
  #seq: number;

  constructor(phone: RegisteredPhone, invite: PhoneMessage, isCaller: boolean) {
    this.phone = phone;
    this.invite = invite;
    this.#isCaller = isCaller;
    this.#seq = isCaller ? Number.parseInt(header(invite, 'cseq'), 10) : 100;
  }

  /** Its dialog as a Replaces header of this phone names it. */
  get replaces(): string {
    const { invite, answer } = this;
    if (answer === undefined) throw new Error('there is no dialog yet');
    const mine = tagOf(header(this.#isCaller ? invite : answer, this.#isCaller ? 'from' : 'to'));
    const theirs = tagOf(header(this.#isCaller ? answer : invite, this.#isCaller ? 'to' : 'from'));
    return encodeURIComponent(`${header(invite, 'call-id')};to-tag=${theirs};from-tag=${mine}`);
  }

  ring(parts: { headers?: Fields; body?: string } = {}): void {
    this.answer = this.reply(this.invite, parts.body === undefined ? 180 : 183, parts);
  }

  /** Accepts the call and waits for the ACK. */
  async accept(parts: { headers?: Fields; body?: string } = {}): Promise<PhoneMessage> {
    this.answer = this.reply(this.invite, 200, { body: sdp(this.phone.media), ...parts });
    return await this.gets('ACK');
  }

  async refuse(status: number): Promise<void> {
    this.reply(this.invite, status);
    await this.gets('ACK');
  }

  /** Waits for a provisional answer. */
  rings(status = 180): Promise<PhoneMessage> {
    return this.isAnswered(status, 'INVITE');
  }

  /** Waits for the final answer and acknowledges it. */
  async answered(status = 200, ackBody?: string): Promise<PhoneMessage> {
    const answer = await this.isAnswered(status, 'INVITE', 20_000);
    this.phone.wire.acknowledge(this.invite, answer, ackBody);
    if (status < 300) this.answer = answer;
    return answer;
  }

  cancel(): void {
    this.phone.wire.cancel(this.invite);
  }

  /** Sends a request in the dialog. */
  send(method: string, parts: RequestParts = {}): PhoneMessage {
    if (this.answer === undefined) throw new Error('there is no dialog yet');
    this.#seq += 1;
    const { wire } = this.phone;
    const more = { seq: this.#seq, ...parts };
    if (this.#isCaller) return wire.inDialog(method, this.invite, this.answer, more);
    return wire.inDialogOf(method, this.invite, this.answer, more);
  }

  /** Sends a re-INVITE, and answers its final answer. */
  async reInvite(body: string | undefined, status = 200, ackBody?: string): Promise<PhoneMessage> {
    const request = this.send('INVITE', body === undefined ? {} : { body });
    const answer = await this.isAnswered(status, 'INVITE');
    this.phone.wire.acknowledge(request, answer, ackBody);
    return answer;
  }

  /** Answers the next re-INVITE that comes and waits for its ACK. */
  async answerReInvite(body = sdp(this.phone.media), status = 200): Promise<PhoneMessage> {
    const request = await this.gets('INVITE');
    this.reply(request, status, status < 300 ? { body } : {});
    await this.gets('ACK');
    return request;
  }

  async hangUp(): Promise<void> {
    this.send('BYE');
    await this.isAnswered(200, 'BYE');
  }

  /** Waits for BYE and answers it. */
  async isHungUp(withinMs = 10_000): Promise<PhoneMessage> {
    const bye = await this.gets('BYE', withinMs);
    this.phone.wire.answer(bye, 200);
    return bye;
  }

  /** Waits for CANCEL and gives the call up. */
  async isCancelled(withinMs = 10_000): Promise<PhoneMessage> {
    const cancel = await this.gets('CANCEL', withinMs);
    this.phone.wire.answer(cancel, 200);
    this.reply(this.invite, 487);
    await this.gets('ACK', withinMs);
    return cancel;
  }

  /** Asks for a transfer of the one it talks with, and waits until that is accepted. */
  async refer(to: string, status = 202): Promise<PhoneMessage> {
    this.send('REFER', { headers: [['Refer-To', to]] });
    return await this.isAnswered(status, 'REFER');
  }

  /** Waits until it is told so of its transfer. */
  async isTold(status: number): Promise<PhoneMessage> {
    for (;;) {
      const notify = await this.gets('NOTIFY');
      this.phone.wire.answer(notify, 200);
      if (notify.body.startsWith(`SIP/2.0 ${status} `)) return notify;
    }
  }

  /** Waits for a request in the dialog. */
  gets(method: string, withinMs = 10_000): Promise<PhoneMessage> {
    return this.#next((message) => message.method === method, method, withinMs);
  }

  /** Waits for an answer to a request of the dialog. */
  isAnswered(status: number, method: string, withinMs = 10_000): Promise<PhoneMessage> {
    const fits = (message: PhoneMessage) => message.status === status && header(message, 'cseq').endsWith(` ${method}`);
    return this.#next(fits, `${status} ${method}`, withinMs);
  }

  reply(request: PhoneMessage, status: number, parts: { headers?: Fields; body?: string } = {}): PhoneMessage {
    return this.phone.wire.answer(request, status, { tag: `t${header(this.invite, 'call-id').slice(0, 12)}`, ...parts });
  }

  /** A phone may have several calls. */
  #next(fits: (message: PhoneMessage) => boolean, what: string, withinMs: number): Promise<PhoneMessage> {
    const callId = header(this.invite, 'call-id');
    const isOfDialog = (message: PhoneMessage) => header(message, 'call-id') === callId && fits(message);
    return this.phone.wire.next(isOfDialog, `${this.phone.wire.name} gets ${what}`, withinMs);
  }
}

/** A phone that is registered as a device of a person. */
export class RegisteredPhone {
  readonly wire: Phone;
  readonly device: DeviceSecret;
  /** The port its session descriptions name. */
  readonly media: number;
  #uses = 0;

  private constructor(wire: Phone, device: DeviceSecret, media: number) {
    this.wire = wire;
    this.device = device;
    this.media = media;
  }

  /** A phone that knows a device's secret, and has not registered. */
  static async open(edge: WireAddress, device: DeviceSecret, media = 4_000): Promise<RegisteredPhone> {
    return new RegisteredPhone(new Phone(device.id, withoutRepeats(await openWire(edge)), edge), device, media);
  }

  static async register(edge: WireAddress, device: DeviceSecret, media = 4_000): Promise<RegisteredPhone> {
    const phone = await RegisteredPhone.open(edge, device, media);
    await phone.register();
    return phone;
  }

  /** Is not called any more. */
  unregister(): Promise<void> {
    return this.register(0);
  }

  /** @param contact where it is to be called, if not here */
  async register(seconds = 300, contact = this.wire.contact): Promise<void> {
    const to = `<sip:${this.device.id}@uc.test>`;
    const callId = newId();
    const fields = [
      ['Expires', String(seconds)],
      ['Contact', `<${contact}>`],
    ] as const;
    this.wire.request('REGISTER', { uri: 'sip:uc.test', to, callId, headers: fields });
    const challenge = await this.wire.nextResponse(401, 'REGISTER', 10_000);
    const headers = [...fields, this.proof(challenge, 'REGISTER', 'sip:uc.test')] as const;
    this.wire.request('REGISTER', { uri: 'sip:uc.test', to, callId, seq: 2, headers });
    await this.wire.nextResponse(200, 'REGISTER', 10_000);
  }

  /** Calls, and answers the challenge. */
  async call(user: string, parts: RequestParts = {}): Promise<PhoneCall> {
    const uri = `sip:${user}@${this.wire.edgeHost}`;
    const callId = newId();
    const from = `<sip:${this.device.id}@uc.test>;tag=${newId()}`;
    const whole = { uri, from, callId, body: sdp(this.media), ...parts };
    const first = this.wire.request('INVITE', whole);
    const isChallenge = (message: PhoneMessage) => message.status === 401 && header(message, 'call-id') === whole.callId;
    const challenge = await this.wire.next(isChallenge, `${this.wire.name} is challenged`, 10_000);
    this.wire.acknowledge(first, challenge);
    const headers = [...(parts.headers ?? []), this.proof(challenge, 'INVITE', whole.uri)];
    return new PhoneCall(this, this.wire.request('INVITE', { ...whole, seq: 2, headers }), true);
  }

  /** Waits for a call. */
  async isCalled(withinMs = 10_000): Promise<PhoneCall> {
    return new PhoneCall(this, await this.wire.nextRequest('INVITE', withinMs), false);
  }

  proof(challenge: PhoneMessage, method: string, uri: string, { id, realm, secret } = this.device): readonly [string, string] {
    const nonce = /nonce="([^"]+)"/.exec(header(challenge, 'www-authenticate'))?.[1] ?? '';
    this.#uses += 1;
    const nc = this.#uses.toString(16).padStart(8, '0');
    const proof = { algorithm: 'SHA-256', nonce, nc, cnonce: 'abc', uri } as const;
    const response = digestResponse(proof, digestVerifier(id, realm, secret), method);
    const value = `Digest username="${id}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=SHA-256, qop=auth, nc=${nc}, cnonce="abc", response="${response}"`;
    return ['Authorization', value];
  }

  close(): Promise<void> {
    return this.wire.close();
  }
}

/** What is repeated over UDP, because a busy machine was slow, is not looked at again. */
function withoutRepeats(wire: Wire): Wire {
  const known = new Set<string>();
  return {
    local: wire.local,
    send: (text) => wire.send(text),
    close: () => wire.close(),
    get isClosed() {
      return wire.isClosed;
    },
    onText: (listener) =>
      wire.onText((text) => {
        if (known.has(text)) return;
        known.add(text);
        listener(text);
      }),
  };
}
