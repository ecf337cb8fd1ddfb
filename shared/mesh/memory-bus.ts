import type { Bus } from './bus.ts';

/** What several {@link MemoryBus}es of one process are connected by. */
export class MemoryHub {
  readonly #receivers = new Map<string, Set<(bytes: Buffer) => void>>();

  subscribe(channel: string, receive: (bytes: Buffer) => void): () => void {
    const receivers = this.#receivers.get(channel) ?? new Set();
    this.#receivers.set(channel, receivers.add(receive));
    return () => {
      receivers.delete(receive);
      if (receivers.size === 0) this.#receivers.delete(channel);
    };
  }

  /** Delivers in a later turn, as a network would. */
  publish(channel: string, bytes: Buffer): number {
    const receivers = [...(this.#receivers.get(channel) ?? [])];
    for (const receive of receivers) setImmediate(() => this.#receivers.get(channel)?.has(receive) && receive(bytes));
    return receivers.length;
  }
}

/** A bus inside one process, for servers that run together; it can be cut like a cable. */
export class MemoryBus implements Bus {
  readonly #hub: MemoryHub;
  readonly #subscriptions = new Map<symbol, { channel: string; receive: (bytes: Buffer) => void; end?: () => void }>();
  readonly #listeners = new Set<(state: 'up' | 'down') => void>();
  #opened = false;
  #cut = false;
  #up = false;

  constructor(hub: MemoryHub) {
    this.#hub = hub;
  }

  get state(): 'up' | 'down' {
    return this.#up ? 'up' : 'down';
  }

  open(): void {
    this.#opened = true;
    this.#settle();
  }

  /** Breaks the bus of this server until {@link mend}. */
  cut(): void {
    this.#cut = true;
    this.#settle();
  }

  mend(): void {
    this.#cut = false;
    this.#settle();
  }

  subscribe(channel: string, receive: (bytes: Buffer) => void): () => void {
    const id = Symbol(channel);
    this.#subscriptions.set(id, { channel, receive, ...(this.#up && { end: this.#hub.subscribe(channel, receive) }) });
    return () => {
      this.#subscriptions.get(id)?.end?.();
      this.#subscriptions.delete(id);
    };
  }

  async publish(channel: string, bytes: Buffer): Promise<number> {
    if (!this.#up) throw new Error('The bus is down');
    return this.#hub.publish(channel, bytes);
  }

  rebuild(): void {
    this.#change(false);
    setImmediate(() => this.#settle());
  }

  onState(listener: (state: 'up' | 'down') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#opened = false;
    this.#settle();
    this.#subscriptions.clear();
    this.#listeners.clear();
  }

  #settle(): void {
    this.#change(this.#opened && !this.#cut);
  }

  #change(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    for (const subscription of this.#subscriptions.values()) {
      subscription.end?.();
      if (up) subscription.end = this.#hub.subscribe(subscription.channel, subscription.receive);
      else delete subscription.end;
    }
    for (const listener of this.#listeners) listener(this.state);
  }
}
