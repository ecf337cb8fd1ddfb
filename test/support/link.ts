import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { LinkFlow, resetSocket } from './link-flow.ts';

/** `toTarget`: what the connecting side says; `toClient`: what it is answered. */
export type Direction = 'toTarget' | 'toClient';

export interface LinkOptions {
  /** Where connections are passed on to. */
  readonly target: { readonly host?: string; readonly port: number };
  /** Port of 127.0.0.1 to listen on; default: a free one. */
  readonly port?: number;
}

interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  readonly flows: Readonly<Record<Direction, LinkFlow>>;
  /** Set once one end was made to vanish. */
  halfOpen: boolean;
}

const both: readonly Direction[] = ['toTarget', 'toClient'];

/**
 * A TCP proxy that stands for the cable between two parts and breaks as cables, hosts and firewalls do. Everything it does to
 * a link holds for open connections and for later ones, until `heal()`.
 */
export class Link implements AsyncDisposable {
  readonly host = '127.0.0.1';
  readonly #target: { host: string; port: number };
  readonly #pairs = new Set<Pair>();
  readonly #hung = new Set<Direction>();
  readonly #delayMs: Record<Direction, number> = { toTarget: 0, toClient: 0 };
  #server: Server;
  #port = 0;
  #state: 'whole' | 'cut' | 'refusing' = 'whole';

  static async open({ target, port = 0 }: LinkOptions): Promise<Link> {
    const link = new Link({ host: target.host ?? '127.0.0.1', port: target.port });
    await link.#listen(port);
    return link;
  }

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer();
  }

  /** The port to connect to instead of the target's. */
  get port(): number {
    return this.#port;
  }

  /** How many connections run over the link now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets every connection, and every new one at once. */
  cut(): void {
    this.#state = 'cut';
    this.#resetAll();
  }

  /** Resets every connection and lets nobody connect (`ECONNREFUSED`), as when the process behind is gone. */
  async refuse(): Promise<void> {
    this.#state = 'refusing';
    this.#resetAll();
    await this.#close();
  }

  /**
   * Nothing arrives any more in this direction (default: both) and nobody is told: what is sent meanwhile waits and arrives
   * after `heal()`, as when packets are lost and sent again.
   */
  hang(...directions: Direction[]): void {
    for (const direction of directions.length === 0 ? both : directions) {
      this.#hung.add(direction);
      for (const { flows } of this.#pairs) flows[direction].hold();
    }
  }

  /** Everything in this direction (default: both) arrives this much later, in order. */
  delay(ms: number, ...directions: Direction[]): void {
    for (const direction of directions.length === 0 ? both : directions) {
      this.#delayMs[direction] = ms;
      for (const { flows } of this.#pairs) flows[direction].delayMs = ms;
    }
  }

  /**
   * The other end of every present connection vanishes without this end hearing of it: `stays` goes on believing in its
   * connections, what it sends is lost, nothing is answered. New connections work. `heal()` resets the stale ones.
   */
  halfOpen(stays: 'client' | 'target'): void {
    for (const pair of this.#pairs) {
      pair.halfOpen = true;
      for (const direction of both) pair.flows[direction].discard();
      resetSocket(stays === 'client' ? pair.target : pair.client);
    }
  }

  /** Undoes everything; held bytes arrive, half-open connections are reset. */
  async heal(): Promise<void> {
    this.#hung.clear();
    this.delay(0);
    for (const pair of this.#pairs) {
      if (pair.halfOpen) this.#reset(pair);
      else for (const direction of both) pair.flows[direction].release();
    }
    const refusing = this.#state === 'refusing';
    this.#state = 'whole';
    if (refusing) await this.#listen(this.#port);
  }

  /** Ends the link for good. */
  async close(): Promise<void> {
    this.#resetAll();
    if (this.#state !== 'refusing') await this.#close();
    this.#state = 'refusing';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listen(port: number): Promise<void> {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#server.listen(port, this.host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #close(): Promise<void> {
    return new Promise((closed) => this.#server.close(() => closed()));
  }

  #accept(client: Socket): void {
    if (this.#state !== 'whole') {
      client.on('error', () => undefined);
      resetSocket(client);
      return;
    }
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const flows = { toTarget: new LinkFlow(client, target), toClient: new LinkFlow(target, client) };
    const pair: Pair = { client, target, flows, halfOpen: false };
    for (const direction of both) {
      flows[direction].delayMs = this.#delayMs[direction];
      if (this.#hung.has(direction)) flows[direction].hold();
    }
    this.#pairs.add(pair);
    this.#watch(pair, client, flows.toTarget);
    this.#watch(pair, target, flows.toClient);
  }

  /** An end that breaks is told to the other end in its turn: after the bytes before it, and not while the link hangs. */
  #watch(pair: Pair, end: Socket, outgoing: LinkFlow): void {
    let failed = false;
    end.on('error', () => {
      failed = true;
    });
    end.on('close', () => {
      if (failed) outgoing.breakOff();
      if (pair.client.destroyed && pair.target.destroyed) this.#pairs.delete(pair);
    });
  }

  #resetAll(): void {
    for (const pair of this.#pairs) this.#reset(pair);
  }

  #reset(pair: Pair): void {
    for (const direction of both) pair.flows[direction].discard();
    resetSocket(pair.client);
    resetSocket(pair.target);
    this.#pairs.delete(pair);
  }
}
