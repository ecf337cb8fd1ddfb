import type { ServerMessage, WireEvent } from '#shared/protocol/envelope.ts';
import { UCError, type WireError } from '#shared/protocol/errors.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import { subprotocol, wireLimits } from '#shared/protocol/wire-limits.ts';
import type { ClientClock, ClientTimer } from './clock.ts';

/** The connection ended before the answer came; whether the request was carried out is not known. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** Why a connection ended: a WebSocket close code, or what this side found. */
export type Ending = { readonly code: number } | { readonly silent: true };

export interface ConnectionOptions {
  readonly clock: ClientClock;
  readonly WebSocket: typeof globalThis.WebSocket;
  readonly onEvents: (events: readonly WireEvent[]) => void;
  readonly onEnded: (ending: Ending) => void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One WebSocket: requests and their answers, events, and the ping that proves it lives. It ends once and is not used again. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended = false;
  #heardAt: number;
  readonly #ping: ClientTimer;
  #deadline: ClientTimer | undefined;

  /**
   * Connects to a server.
   *
   * @param url Origin of the server.
   * @throws ConnectionLost when it does not open in time or is refused.
   */
  static open(url: string, withinMs: number, options: ConnectionOptions): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const address = new URL(httpPaths.socket, url);
      address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
      const socket = new options.WebSocket(address.href, subprotocol);
      const fail = (why: string) => {
        timer.stop();
        socket.onopen = socket.onclose = socket.onerror = null;
        // A socket that is given up may still open or fail later; nobody listens any more.
        socket.onerror = () => undefined;
        socket.close();
        reject(new ConnectionLost(`${address.host} ${why}`));
      };
      const timer = options.clock.after(withinMs, () => fail(`did not answer within ${withinMs} ms`));
      socket.onclose = socket.onerror = () => fail('cannot be reached');
      socket.onopen = () => {
        timer.stop();
        resolve(new Connection(socket, options));
      };
    });
  }

  private constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#heardAt = options.clock.monotonicMs();
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => this.#end({ code });
    this.#ping = options.clock.every(wireLimits.pingEveryMs, () => this.prove());
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * @param method Unchecked here; {@link Client.call} is the typed way.
   * @throws UCError as the server answers it. @throws ConnectionLost
   */
  request(method: string, params: object): Promise<unknown> {
    if (this.#ended) return Promise.reject(new ConnectionLost('The connection has ended'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Ends it from this side; `onEnded` is not called. */
  close(): void {
    if (this.#ended) return;
    this.#finish();
    this.#socket.close(1000);
  }

  #hear(raw: unknown): void {
    if (this.#ended || typeof raw !== 'string') return;
    this.#heardAt = this.#options.clock.monotonicMs();
    const message = JSON.parse(raw) as ServerMessage;
    if ('events' in message) {
      this.#options.onEvents(message.events);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    this.#waiting.delete(message.id);
    if ('error' in message) waiting.reject(UCError.fromWire(message.error as WireError));
    else waiting.resolve(message.result);
  }

  /** Asks for a sign of life now; without any within the deadline the connection counts as dead. */
  prove(): void {
    if (this.#ended || this.#deadline) return;
    const askedAt = this.#options.clock.monotonicMs();
    this.#deadline = this.#options.clock.after(wireLimits.pingDeadlineMs, () => {
      this.#deadline = undefined;
      if (this.#heardAt < askedAt) this.#end({ silent: true });
    });
    this.request('session.ping', {}).catch(() => undefined);
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#finish();
    this.#socket.close();
    this.#options.onEnded(ending);
  }

  #finish(): void {
    this.#ended = true;
    this.#ping.stop();
    this.#deadline?.stop();
    this.#socket.onmessage = this.#socket.onclose = null;
    const lost = new ConnectionLost('The connection ended before the answer came');
    for (const { reject } of this.#waiting.values()) reject(lost);
    this.#waiting.clear();
  }
}
