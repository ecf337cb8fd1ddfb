import { timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Command, parseCommand } from './command.ts';
import { FrameReader, frame } from './frames.ts';
import { failureLine, okLine, refusalLine } from './lines.ts';

/** drachtio-server processes no frame beyond this many bytes, and none after it either. */
export const strictFrameBytes = 12_228;
const authenticationMs = 5_000;
/** An application that does not read what it is told is cut off here. */
const waitingLimitBytes = 64 * 1_024 * 1_024;

export interface ControlClientOptions {
  readonly socket: Socket;
  readonly secret: string;
  readonly strict: boolean;
  readonly clock: Clock;
  /** What follows OK in the answer to `authenticate`. */
  readonly greeting: () => readonly string[];
  readonly onSip: (command: Command, client: ControlClient) => void;
  readonly onClosed: (client: ControlClient) => void;
}

/** One application on the control port. Nothing but `authenticate` is honoured before it has shown the secret. */
export class ControlClient {
  readonly #options: ControlClientOptions;
  readonly #reader: FrameReader;
  readonly #verbs = new Set<string>();
  #isAuthenticated = false;
  /** Strict mode: a frame was too large; nothing more is read, though the connection stays open. */
  #isWedged = false;

  constructor(options: ControlClientOptions) {
    this.#options = options;
    this.#reader = new FrameReader();
    const { socket, clock } = options;
    const patience = clock.after(authenticationMs, () => {
      if (!this.#isAuthenticated) socket.destroy();
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on('data', (bytes) => this.#hear(bytes.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      patience.stop();
      options.onClosed(this);
    });
  }

  get isOpen(): boolean {
    return this.#isAuthenticated && !this.#options.socket.destroyed;
  }

  /** Whether it wants new requests of this method. */
  wants(method: string): boolean {
    return this.isOpen && this.#verbs.has(method.toLowerCase());
  }

  /** @param payload a byte string */
  send(payload: string): void {
    const { socket } = this.#options;
    if (socket.destroyed || socket.writableEnded) return;
    socket.write(frame(payload), 'latin1');
    if (socket.writableLength > waitingLimitBytes) socket.destroy();
  }

  close(): void {
    this.#options.socket.destroy();
  }

  #hear(text: string): void {
    if (this.#isWedged) return;
    const payloads = this.#reader.push(text);
    if (payloads === undefined) this.close();
    for (const payload of payloads ?? []) {
      if (this.#options.strict && payload.length > strictFrameBytes) this.#isWedged = true;
      if (this.#isWedged || this.#options.socket.destroyed) return;
      this.#obey(payload);
    }
  }

  #obey(payload: string): void {
    const command = parseCommand(payload);
    if (command === undefined) {
      this.close();
      return;
    }
    const { id, name, tokens } = command;
    if (name === 'authenticate') this.#authenticate(id, tokens[0] ?? '');
    else if (!this.#isAuthenticated) this.#refuse(id, 'not authenticated');
    else if (name === 'sip') this.#options.onSip(command, this);
    else if (name === 'route') this.#route(id, tokens[0] ?? '');
    else if (name === 'remove_route') this.#removeRoute(id, tokens[0] ?? '');
    else if (name === 'proxy') this.send(failureLine(id, 'this edge does not proxy; use a back-to-back agent'));
    else if (name === 'ping') this.send(okLine(id, 'pong'));
    else this.#refuse(id, 'Unknown message type');
  }

  #authenticate(id: string, secret: string): void {
    const [given, wanted] = [Buffer.from(secret, 'latin1'), Buffer.from(this.#options.secret)];
    this.#isAuthenticated = given.length === wanted.length && timingSafeEqual(given, wanted);
    if (this.#isAuthenticated) this.send(okLine(id, ...this.#options.greeting()));
    else this.#refuse(id, 'incorrect secret');
  }

  #route(id: string, verb: string): void {
    this.#verbs.add(verb.toLowerCase());
    this.send(okLine(id));
  }

  #removeRoute(id: string, verb: string): void {
    if (this.#options.strict) this.#verbs.clear();
    else this.#verbs.delete(verb.toLowerCase());
    this.send(okLine(id));
  }

  #refuse(id: string, reason: string): void {
    this.#isAuthenticated = false;
    this.#options.socket.end(frame(refusalLine(id, reason)), 'latin1');
  }
}
