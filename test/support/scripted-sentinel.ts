import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const masterName = 'scripted';

/** A sentinel (in RESP3) of a few lines whose answers a test can hold back, for moments that real sentinels reach by chance only. */
export class ScriptedSentinel implements AsyncDisposable {
  readonly #server: Server;
  readonly #master: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  readonly #listening = new Set<Socket>();
  #held: (() => void)[] | undefined;

  /** @param master Whom it names. */
  static async start(master: { readonly host: string; readonly port: number }): Promise<ScriptedSentinel> {
    const sentinel = new ScriptedSentinel(master);
    sentinel.#server.listen(0, '127.0.0.1');
    await once(sentinel.#server, 'listening');
    return sentinel;
  }

  private constructor(master: { readonly host: string; readonly port: number }) {
    this.#master = master;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** `sentinels` and `sentinelName` as the configuration wants them. */
  get place(): { sentinels: { host: string; port: number }[]; sentinelName: string } {
    const { port } = this.#server.address() as AddressInfo;
    return { sentinels: [{ host: '127.0.0.1', port }], sentinelName: masterName };
  }

  /** How many wait to be told of fail-overs. */
  get listeners(): number {
    return this.#listening.size;
  }

  /** How many questions for the master are held back. */
  get held(): number {
    return this.#held?.length ?? 0;
  }

  /** From now on nobody is told who is master. */
  hold(): void {
    this.#held ??= [];
  }

  /** Answers what was held back, and everything from now on. */
  release(): void {
    for (const answer of this.#held ?? []) answer();
    this.#held = undefined;
  }

  /** Tells of a fail-over. */
  announceFailOver(): void {
    const { host, port } = this.#master;
    for (const socket of this.#listening)
      socket.write(`>3\r\n${['message', '+switch-master', `${masterName} ${host} ${port} ${host} ${port}`].map(bulk).join('')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#listening.delete(socket);
    });
    // Clients of a sentinel send short commands in whole packets on loopback.
    socket.setEncoding('latin1').on('data', (text: unknown) => {
      for (const command of String(text).split(/(?=\*\d+\r\n)/)) this.#answer(socket, command.toLowerCase());
    });
  }

  #answer(socket: Socket, command: string): void {
    if (command.includes('get-master-addr-by-name')) {
      const answer = () => socket.write(`*2\r\n${bulk(this.#master.host)}${bulk(String(this.#master.port))}`);
      if (this.#held) this.#held.push(answer);
      else answer();
    } else if (command.includes('\r\nsubscribe\r\n')) {
      this.#listening.add(socket);
      socket.write(`>3\r\n${bulk('subscribe')}${bulk('+switch-master')}:1\r\n`);
    } else if (command.includes('\r\nsentinels\r\n')) socket.write('*0\r\n');
    else socket.write('+OK\r\n');
  }
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
