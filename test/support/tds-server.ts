import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Types of packets and tokens ([MS-TDS] 2.2.3, 2.2.7). */
const packet = { batch: 0x01, rpc: 0x03, reply: 0x04, attention: 0x06, transaction: 0x0e, login: 0x10, prelogin: 0x12 } as const;
const headBytes = 8;
const endOfMessage = 0x01;
const ucs2 = (text: string) => Buffer.from(text, 'utf16le');
const short = (text: string) => Buffer.concat([Buffer.of(text.length), ucs2(text)]);

function sized(token: number, body: Buffer): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt8(token, 0);
  head.writeUInt16LE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** DONE, or DONEPROC after a call. */
function done(token: 0xfd | 0xfe, status = 0): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt8(token, 0);
  bytes.writeUInt16LE(status, 1);
  return bytes;
}

function failure(number: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32LE(number, 0);
  head.writeUInt8(1, 4);
  head.writeUInt8(16, 5);
  head.writeUInt16LE(text.length, 6);
  return sized(0xaa, Buffer.concat([head, ucs2(text), short('test'), short(''), Buffer.alloc(4)]));
}

/**
 * As much of a Microsoft SQL Server as a driver needs to connect, begin, run and commit: it keeps nothing, answers no rows, and
 * refuses what writes with an error of its choice. For tests of what the real driver does when it is away.
 */
export class TdsServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Number and text of the error that everything that writes gets. */
  refusesWrites: { readonly number: number; readonly text: string } | undefined;
  commits = 0;
  /** Called when a commit has arrived, before it is answered. */
  beforeCommit: (() => void) | undefined;

  static async start(): Promise<TdsServer> {
    const server = createServer();
    const tds = new TdsServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return tds;
  }

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#serve(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    let received = Buffer.alloc(0);
    let message: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= headBytes && received.length >= received.readUInt16BE(2)) {
        const length = received.readUInt16BE(2);
        message.push(received.subarray(headBytes, length));
        const [type = 0, status = 0] = received;
        received = received.subarray(length);
        if ((status & endOfMessage) === 0) continue;
        const answer = this.#answer(type, Buffer.concat(message));
        message = [];
        const head = Buffer.alloc(headBytes);
        head.writeUInt8(packet.reply, 0);
        head.writeUInt8(endOfMessage, 1);
        head.writeUInt16BE(headBytes + answer.length, 2);
        socket.write(Buffer.concat([head, answer]));
      }
    });
  }

  #answer(type: number, body: Buffer): Buffer {
    switch (type) {
      case packet.prelogin:
        // Options "version" and "encryption", each with offset and length; encryption is not supported (2).
        return Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2]);
      case packet.login:
        return Buffer.concat([
          sized(0xad, Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), short('test'), Buffer.from([16, 0, 0, 0])])),
          done(0xfd),
        ]);
      case packet.transaction:
        return this.#transaction(body);
      case packet.attention:
        return done(0xfd, 0x20);
      default:
        return this.#statement(body, type === packet.rpc ? 0xfe : 0xfd);
    }
  }

  #transaction(body: Buffer): Buffer {
    const id = Buffer.alloc(8, 1);
    const change = (kind: number, now: Buffer, before: Buffer) =>
      sized(0xe3, Buffer.concat([Buffer.of(kind, now.length), now, Buffer.of(before.length), before]));
    const request = body.readUInt16LE(body.readUInt32LE(0));
    if (request === 7) {
      this.beforeCommit?.();
      this.beforeCommit = undefined;
      this.commits++;
    }
    if (request === 5) return Buffer.concat([change(8, id, Buffer.alloc(0)), done(0xfd)]);
    return Buffer.concat([change(request === 7 ? 9 : 10, Buffer.alloc(0), id), done(0xfd)]);
  }

  #statement(body: Buffer, token: 0xfd | 0xfe): Buffer {
    const refusal = this.refusesWrites;
    const writes = ['insert', 'update', 'create table'].some((word) => body.includes(ucs2(word)));
    if (refusal === undefined || !writes) return done(token);
    return Buffer.concat([failure(refusal.number, refusal.text), done(token, 0x02)]);
  }
}
