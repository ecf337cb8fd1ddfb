import { UCError } from '#shared/protocol/errors.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { OutboxItem } from './item.ts';
import type { KnownItem } from './known-items.ts';
import type { Outbox } from './outbox.ts';
import type { PendingStore } from './pending-store.ts';
import type { RedisWatch, StorageWatch } from './port.ts';
import type { Spool } from './spool.ts';

export interface UpkeepOptions {
  readonly outbox: Outbox;
  readonly spool: Spool;
  readonly store: PendingStore;
  readonly redis: RedisWatch;
  readonly storage: StorageWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Everything in the spool of this server is in this Redis now. */
  readonly onAdded: () => Promise<void>;
  readonly drain: () => void;
}

const everyMs = 1_000;
/** What became known less than this ago is left to the drainer, which will say so itself. */
const lookAfterMs = 2_000;
const readAtOnce = 200;
const mostSpooledPerRound = 5_000;
const addedAtOnce = 1_000;
/** All pending items of a line are told to a client that comes back. */
const longestLine = 10_000;

/**
 * Keeps spool, Redis and memory in step with each other and with SQL, every second and after every return: adds to Redis what it
 * may have lost, finds what other servers added, and lets go what SQL was seen to hold.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #timers: (() => void)[] = [];
  #round: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  /** Additions up to this number have been read, over this connection. */
  #read = { upTo: 0 };
  /** The connection to Redis over which the whole spool was added. */
  #spooledOver = 0;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, redis, storage, outbox } = this.#options;
    const timer: Timer = clock.every(everyMs, () => this.nudge());
    this.#timers = [
      () => timer.stop(),
      redis.onBack(() => {
        // It may be another Redis, or an older state of it.
        this.#read = { upTo: 0 };
        outbox.redisBack();
        this.nudge();
      }),
      storage.onChange(() => this.nudge()),
    ];
    this.nudge();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const stop of this.#timers.splice(0)) stop();
    await this.#round;
  }

  nudge(): void {
    this.round().catch(() => undefined);
  }

  /** One whole round that begins after this call. Never rejects. */
  async round(): Promise<void> {
    if (this.#round !== undefined) {
      this.#again = true;
      return this.#round;
    }
    this.#round = this.#rounds();
    await this.#round;
  }

  /** Reads what is pending in Redis, as far as it was not read before. @throws RedisUnavailable */
  async look(): Promise<void> {
    const { store, outbox } = this.#options;
    const read = this.#read;
    const over = outbox.connection;
    for (let more = true; more; ) {
      const added = await store.addedSince(read.upTo, (name) => outbox.known.isPending(name));
      outbox.learn(added.items, over);
      read.upTo = Math.max(read.upTo, added.upTo);
      more = added.more;
    }
  }

  async #rounds(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#once();
      } while (this.#again && !this.#stopped);
    } finally {
      this.#round = undefined;
    }
  }

  async #once(): Promise<void> {
    const { redis, storage, spool, outbox, drain, logger } = this.#options;
    if (this.#stopped) return;
    try {
      const missing = storage.canRead && storage.canWrite ? await this.#letGo() : [];
      if (redis.isUp) {
        await this.#add(missing);
        await this.look();
        await this.#closeEmptied();
      }
      await spool.tidy();
    } catch (error) {
      // Away again: the next round goes on.
      if (!(error instanceof RedisUnavailable || error instanceof UCError))
        logger.error('The upkeep of the outbox failed', { error });
    }
    if (outbox.known.size > 0) drain();
  }

  /** Lets go what SQL holds, whoever brought it there. @returns spooled items that SQL was just read not to hold. */
  async #letGo(): Promise<OutboxItem[]> {
    const { outbox, spool } = this.#options;
    const spooled: OutboxItem[] = [];
    for (const item of spool.items()) {
      if (spooled.length === mostSpooledPerRound) break;
      // What Redis holds is left to the drainer; this is what others say is stored, or what an earlier life has left.
      const known = outbox.known.get(item);
      if (known === undefined || (known.state === 'uncertain' && known.addedOver === 0)) spooled.push(item);
    }
    const missing: OutboxItem[] = [];
    for (const items of [spooled, this.#waitingForLong()]) {
      for (let at = 0; at < items.length; at += readAtOnce) {
        for (const [feature, own] of outbox.perFeature(items.slice(at, at + readAtOnce))) {
          outbox.settle(await feature.held(own), true);
        }
      }
      if (items === spooled) missing.push(...items.filter((item) => spool.has(item)));
    }
    return missing;
  }

  /** Some of what should have been drained by now: nobody may have told us that it was. */
  #waitingForLong(): OutboxItem[] {
    const { outbox, clock } = this.#options;
    const untilMs = clock.monotonicMs() - lookAfterMs;
    const waiting: OutboxItem[] = [];
    for (const { item, state, sinceMs } of outbox.known.all()) {
      if (waiting.length === readAtOnce) break;
      if (state !== 'accepting' && sinceMs <= untilMs) waiting.push(item);
    }
    return waiting;
  }

  /** Adds what Redis has not confirmed since it is reached. */
  async #add(notInSql: readonly OutboxItem[]): Promise<void> {
    const { outbox, spool, store, clock, onAdded } = this.#options;
    const over = outbox.connection;
    // What is in the spool only: another server said that SQL holds it, but SQL did not say so.
    const spooled = this.#spooledOver === over ? notInSql : spool.items();
    this.#spooledOver = over;
    for (const item of spooled) {
      if (outbox.known.get(item) !== undefined) continue;
      outbox.known.add({ item, state: 'uncertain', sinceMs: clock.monotonicMs(), addedOver: 0 });
    }
    const missing: KnownItem[] = [...outbox.toAdd()];
    for (let at = 0; at < missing.length; at += addedAtOnce) {
      await Promise.all(
        missing.slice(at, at + addedAtOnce).map(async (known) => outbox.confirm(known, await store.add(known.item), over)),
      );
    }
    await onAdded();
  }

  async #closeEmptied(): Promise<void> {
    const { outbox, store } = this.#options;
    for (const line of outbox.known.emptied()) {
      const left = await store.ofLine(line, longestLine);
      outbox.learn(left);
      outbox.known.close(line);
    }
  }
}
