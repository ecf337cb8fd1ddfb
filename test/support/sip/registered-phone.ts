import type { ActId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { digestResponse, digestVerifier } from '#ucserver/sip/digest.ts';
import type { Person } from '../person.ts';
import { newId, Phone, type RequestParts } from './phone.ts';
import { type Fields, header, type PhoneMessage, sdp, tagOf } from './sip-message.ts';
import type { WireAddress } from './wire.ts';

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
    this.answer = this.phone.wire.answer(this.invite, parts.body === undefined ? 180 : 183, { tag: this.#tag, ...parts });
  }

  /** Accepts the call and waits for the ACK. */
  async accept(parts: { headers?: Fields; body?: string } = {}): Promise<PhoneMessage> {
    this.answer = this.phone.wire.answer(this.invite, 200, { tag: this.#tag, body: sdp(this.phone.media), ...parts });
    return await this.phone.wire.nextRequest('ACK', 10_000);
  }

  async refuse(status: number): Promise<void> {
    this.phone.wire.answer(this.invite, status, { tag: this.#tag });
    await this.phone.wire.nextRequest('ACK', 10_000);
  }

  /** Waits for a provisional answer. */
  rings(status = 180): Promise<PhoneMessage> {
    return this.phone.wire.nextResponse(status, 'INVITE', 10_000);
  }

  /** Waits for the final answer and acknowledges it. */
  async answered(status = 200, ackBody?: string): Promise<PhoneMessage> {
    const answer = await this.phone.wire.nextResponse(status, 'INVITE', 15_000);
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

  /** Sends a re-INVITE, and answers the body of its final answer. */
  async reInvite(body: string | undefined, status = 200, ackBody?: string): Promise<PhoneMessage> {
    const request = this.send('INVITE', body === undefined ? {} : { body });
    const answer = await this.phone.wire.nextResponse(status, 'INVITE', 10_000);
    this.phone.wire.acknowledge(request, answer, ackBody);
    return answer;
  }

  /** Answers the next re-INVITE that comes and waits for its ACK. */
  async answerReInvite(body = sdp(this.phone.media), status = 200): Promise<PhoneMessage> {
    const request = await this.phone.wire.nextRequest('INVITE', 10_000);
    this.phone.wire.answer(request, status, { tag: this.#tag, ...(status < 300 ? { body } : {}) });
    await this.phone.wire.nextRequest('ACK', 10_000);
    return request;
  }

  async hangUp(): Promise<void> {
    this.send('BYE');
    await this.phone.wire.nextResponse(200, 'BYE', 10_000);
  }

  /** Waits for BYE and answers it. */
  async isHungUp(withinMs = 10_000): Promise<PhoneMessage> {
    const bye = await this.phone.wire.nextRequest('BYE', withinMs);
    this.phone.wire.answer(bye, 200);
    return bye;
  }

  /** Waits for CANCEL and gives the call up. */
  async isCancelled(withinMs = 10_000): Promise<PhoneMessage> {
    const cancel = await this.phone.wire.nextRequest('CANCEL', withinMs);
    this.phone.wire.answer(cancel, 200);
    this.phone.wire.answer(this.invite, 487, { tag: this.#tag });
    await this.phone.wire.nextRequest('ACK', withinMs);
    return cancel;
  }

  get #tag(): string {
    return `t${header(this.invite, 'call-id').slice(0, 12)}`;
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
    return new RegisteredPhone(await Phone.open(device.id, edge), device, media);
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

  async register(seconds = 300): Promise<void> {
    const to = `<sip:${this.device.id}@uc.test>`;
    const callId = newId();
    const expires = ['Expires', String(seconds)] as const;
    this.wire.request('REGISTER', { uri: 'sip:uc.test', to, callId, headers: [expires] });
    const challenge = await this.wire.nextResponse(401, 'REGISTER', 10_000);
    const headers = [expires, this.proof(challenge, 'REGISTER', 'sip:uc.test')] as const;
    this.wire.request('REGISTER', { uri: 'sip:uc.test', to, callId, seq: 2, headers });
    await this.wire.nextResponse(200, 'REGISTER', 10_000);
  }

  /** Calls, and answers the challenge. */
  async call(user: string, parts: RequestParts = {}): Promise<PhoneCall> {
    const uri = `sip:${user}@${this.wire.edgeHost}`;
    const from = `<sip:${this.device.id}@uc.test>;tag=${newId()}`;
    const whole = { uri, from, callId: newId(), body: sdp(this.media), ...parts };
    const first = this.wire.request('INVITE', whole);
    const challenge = await this.wire.nextResponse(401, 'INVITE', 10_000);
    this.wire.acknowledge(first, challenge);
    const headers = [...(parts.headers ?? []), this.proof(challenge, 'INVITE', whole.uri)];
    return new PhoneCall(this, this.wire.request('INVITE', { ...whole, seq: 2, headers }), true);
  }

  /** Waits for a call. */
  async isCalled(withinMs = 10_000): Promise<PhoneCall> {
    return new PhoneCall(this, await this.wire.nextRequest('INVITE', withinMs), false);
  }

  /** How many calls wait that were not looked at. */
  get waitingCalls(): number {
    return this.wire.count(({ method }) => method === 'INVITE');
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
