import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { OutboxItem } from './item.ts';
import type { Outbox } from './outbox.ts';
import type { PendingStore } from './pending-store.ts';
import type { RedisWatch, Settled, StorageWatch } from './port.ts';

export interface DrainOptions {
  readonly outbox: Outbox;
  readonly store: PendingStore;
  readonly redis: RedisWatch;
  readonly storage: StorageWatch;
  /** Text form of our incarnation. */
  readonly holder: () => string;
  /** Whether every living server has added what is in its spool; what belongs in front may be missing until then. */
  readonly everybodyAdded: () => Promise<boolean>;
  readonly batch: number;
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDrained: (items: number) => void;
}

/** A drainer that dies is followed by another one after this time. */
const leaseMs = 3_000;

/**
 * Brings what is pending into SQL, in order, while SQL can be written. One server at a time does it, to save work: two would do no
 * harm, because SQL takes each item once.
 */
export class Drain {
  readonly #options: DrainOptions;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** Begins, or goes on after the present run. */
  kick(): void {
    this.#again = true;
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    const { redis, storage, logger } = this.#options;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        if (storage.canWrite && redis.isUp) await this.#drain();
      }
    } catch (error) {
      this.#again = false;
      // The upkeep kicks again within a second.
      if (!(error instanceof RedisUnavailable)) logger.error('The outbox could not be drained', { error });
    } finally {
      // At once, not when this promise is heard of: who asks in between must begin anew.
      this.#running = undefined;
    }
  }

  async #drain(): Promise<void> {
    const { store, storage, holder, everybodyAdded, batch, pauseMs, clock } = this.#options;
    if (!(await everybodyAdded()) || !(await store.lease(holder(), leaseMs))) return;
    let items = await store.first(batch);
    while (items.length > 0 && !this.#stopped && storage.canWrite) {
      // What follows is read meanwhile; whoever reads it a second time does no harm.
      const following = store.after(items.at(-1) as OutboxItem, batch).catch(() => []);
      const lease = store.lease(holder(), leaseMs).catch(() => false);
      const settled = await this.#bring(items);
      if (settled === 0) break;
      if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      if (!(await lease)) return;
      const isWhole = settled === items.length;
      items = isWhole ? await following : [];
      // From the beginning: nothing of a line goes before what is left of it, and lines in front may have grown.
      if (items.length === 0) items = await store.first(batch);
    }
    // Whoever has something next need not wait for our lease to end.
    await store.lease(holder(), 1);
  }

  /** @returns how many of them SQL holds now. */
  async #bring(read: readonly OutboxItem[]): Promise<number> {
    const { outbox, store, onDrained } = this.#options;
    const settled: Settled[] = [];
    outbox.learn(read);
    for (const [feature, own] of outbox.perFeature(outbox.asKnown(read))) settled.push(...(await feature.store(own)));
    onDrained(settled.length);
    try {
      // First, so that nobody who reads Redis when told that it is stored takes it for pending again.
      await store.remove(settled.map(({ item }) => item));
    } finally {
      outbox.settle(settled, true);
    }
    return settled.length;
  }
}
