import type { Redis } from 'ioredis';
import { createRedisClient } from '../redis/client.ts';
import type { RedisConfig } from '../redis/config.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Bus } from './bus.ts';

export interface RedisBusOptions {
  readonly config: RedisConfig;
  /** Appears in `CLIENT LIST`. */
  readonly name: string;
  readonly logger: Logger;
}

/**
 * The bus over publish/subscribe of Redis, on two connections of its own: one can only listen, and what is published must
 * not wait behind commands.
 */
export class RedisBus implements Bus {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #logger: Logger;
  readonly #receivers = new Map<string, Set<(bytes: Buffer) => void>>();
  readonly #listeners = new Set<(state: 'up' | 'down') => void>();
  /** Channels that Redis has confirmed on the present connection. */
  readonly #confirmed = new Set<string>();
  #up = false;
  #closed = false;

  constructor({ config, name, logger }: RedisBusOptions) {
    this.#logger = logger.child({ part: 'bus' });
    this.#publisher = createRedisClient(config, `${name}:publish`, this.#logger);
    this.#subscriber = createRedisClient(config, `${name}:subscribe`, this.#logger);
    this.#subscriber.on('messageBuffer', (channel: Buffer, bytes: Buffer) => {
      for (const receive of this.#receivers.get(channel.toString('latin1')) ?? []) receive(bytes);
    });
    for (const client of [this.#publisher, this.#subscriber]) {
      client.on('ready', () => void this.#settle());
      client.on('close', () => {
        if (client === this.#subscriber) this.#confirmed.clear();
        this.#change(false);
      });
    }
  }

  get state(): 'up' | 'down' {
    return this.#up ? 'up' : 'down';
  }

  open(): void {
    for (const client of [this.#publisher, this.#subscriber]) {
      // Rejects with the first failure, while ioredis goes on trying.
      client.connect().catch((error) => this.#logger.debug('The bus does not answer yet', { error }));
    }
  }

  subscribe(channel: string, receive: (bytes: Buffer) => void): () => void {
    const receivers = this.#receivers.get(channel) ?? new Set();
    this.#receivers.set(channel, receivers.add(receive));
    void this.#settle();
    return () => {
      receivers.delete(receive);
      if (receivers.size > 0 || this.#receivers.get(channel) !== receivers) return;
      this.#receivers.delete(channel);
      // A connection that breaks just now forgets the channel by itself.
      if (this.#confirmed.delete(channel)) this.#subscriber.unsubscribe(channel).catch(() => undefined);
    };
  }

  publish(channel: string, bytes: Buffer): Promise<number> {
    return this.#publisher.publish(channel, bytes);
  }

  rebuild(): void {
    this.#change(false);
    for (const client of [this.#publisher, this.#subscriber]) if (client.status === 'ready') client.disconnect(true);
  }

  onState(listener: (state: 'up' | 'down') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#receivers.clear();
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  /** Subscribes to what is missing; up when nothing is and both connections stand. */
  async #settle(): Promise<void> {
    if (this.#closed || this.#subscriber.status !== 'ready') return;
    const missing = [...this.#receivers.keys()].filter((channel) => !this.#confirmed.has(channel));
    if (missing.length > 0) {
      this.#change(false);
      try {
        await this.#subscriber.subscribe(...missing);
      } catch (error) {
        this.#logger.warn('Subscribing failed, connecting anew', { error });
        if (this.#subscriber.status === 'ready') this.#subscriber.disconnect(true);
        return;
      }
      for (const channel of missing) this.#confirmed.add(channel);
      return this.#settle();
    }
    if (this.#publisher.status === 'ready') this.#change(true);
  }

  #change(up: boolean): void {
    if (this.#up === up || this.#closed) return;
    this.#up = up;
    for (const listener of this.#listeners) listener(this.state);
  }
}
