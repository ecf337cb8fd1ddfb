import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { WireAddress } from '#test/support/sip/wire.ts';

/** What a phone registers with. */
export interface PhoneAccount {
  readonly id: string;
  readonly realm: string;
  readonly secret: string;
}

export interface StormResult {
  readonly accepted: number;
  readonly seconds: number;
}

/** Phones are spread over so many addresses, since an edge bounds what one may do. */
const sites = 50;
/** Registrations under way: enough that the server is never idle, few enough that nothing is dropped. */
const atOnce = 200;
const answerMs = 5_000;

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Phones at many addresses that register by digest over UDP, each as a phone does that has just started: challenge, answer. */
export class PhoneStorm implements AsyncDisposable {
  readonly #to: WireAddress;
  readonly #sockets: readonly Socket[];
  readonly #waiting = new Map<string, (answer: string) => void>();
  #calls = 0;

  private constructor(to: WireAddress, sockets: readonly Socket[]) {
    this.#to = to;
    this.#sockets = sockets;
    for (const socket of sockets)
      socket.on('message', (bytes) => {
        const answer = bytes.toString('latin1');
        this.#waiting.get(/^Call-ID: *(\S+)/im.exec(answer)?.[1] ?? '')?.(answer);
      });
  }

  static async open(to: WireAddress): Promise<PhoneStorm> {
    const sockets = await Promise.all(
      Array.from({ length: sites }, async (_, site) => {
        const socket = createSocket({ type: 'udp4', recvBufferSize: 1_048_576 });
        socket.bind(0, `127.0.1.${site + 1}`);
        await once(socket, 'listening');
        return socket;
      }),
    );
    return new PhoneStorm(to, sockets);
  }

  /** All register once; those that get no answer in time are not counted. */
  async register(accounts: readonly PhoneAccount[]): Promise<StormResult> {
    const startMs = performance.now();
    let next = 0;
    let accepted = 0;
    const work = async () => {
      for (let index = next++; index < accounts.length; index = next++) {
        const account = accounts[index];
        if (account !== undefined && (await this.#registerOne(account, index))) accepted += 1;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { accepted, seconds: (performance.now() - startMs) / 1_000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  async #registerOne({ id, realm, secret }: PhoneAccount, index: number): Promise<boolean> {
    const socket = this.#sockets[index % sites];
    if (socket === undefined) return false;
    const { address, port } = socket.address();
    const callId = `${++this.#calls}-${randomBytes(4).toString('hex')}`;
    const uri = `sip:${realm}`;
    const send = (seq: number, authorization: string) =>
      this.#ask(
        socket,
        callId,
        `REGISTER ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${callId}${seq};rport\r\n` +
          `Max-Forwards: 70\r\nFrom: <sip:${id}@${realm}>;tag=${callId}\r\nTo: <sip:${id}@${realm}>\r\nCall-ID: ${callId}\r\n` +
          `CSeq: ${seq} REGISTER\r\nContact: <sip:${id}@${address}:${port}>\r\nExpires: 3600\r\nUser-Agent: bench phone 1.0\r\n` +
          `${authorization}Content-Length: 0\r\n\r\n`,
      );
    const challenge = await send(1, '');
    const nonce = /algorithm=MD5/i.test(challenge ?? '') ? /nonce="([^"]+)"/.exec(challenge ?? '')?.[1] : undefined;
    if (nonce === undefined) return false;
    const response = md5(`${md5(`${id}:${realm}:${secret}`)}:${nonce}:00000001:abc:auth:${md5(`REGISTER:${uri}`)}`);
    const answer = await send(
      2,
      `Authorization: Digest username="${id}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc", response="${response}"\r\n`,
    );
    return answer?.startsWith('SIP/2.0 200') === true;
  }

  async #ask(socket: Socket, callId: string, text: string): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const timer = setTimeout(() => resolve(undefined), answerMs);
    this.#waiting.set(callId, resolve);
    socket.send(text, this.#to.port, this.#to.host);
    const answer = await promise;
    clearTimeout(timer);
    this.#waiting.delete(callId);
    return answer;
  }
}
