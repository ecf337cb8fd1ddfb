import { UCError } from '#shared/protocol/errors.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Line, lineOf, type OutboxItem } from './item.ts';
import { type KnownItem, KnownItems } from './known-items.ts';
import type { PendingStore } from './pending-store.ts';
import type { Accepted, OutboxFeature, Settled } from './port.ts';
import type { Spool } from './spool.ts';

export interface OutboxOptions {
  readonly spool: Spool;
  readonly store: PendingStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something can be drained. */
  readonly onPending: () => void;
}

/** How long a client waits for an item of which nobody knows whether Redis took it. */
const sureWithinMs = 5_000;

/** An item that this server was asked to accept. */
interface Accepting {
  readonly known: KnownItem;
  readonly answer: Promise<Accepted>;
  readonly sure: PromiseWithResolvers<Accepted>;
}

/**
 * Takes items while SQL cannot: each into the local fsynced spool and then into Redis, and only then is it accepted. Knows what
 * is pending in the whole mesh, so that what follows a pending item goes the same way.
 */
export class Outbox {
  readonly known = new KnownItems();
  readonly #options: OutboxOptions;
  readonly #features = new Map<string, OutboxFeature>();
  readonly #accepting = new Map<KnownItem, Accepting>();
  /** Rises with every connection to Redis; what was confirmed over an older one is added again. */
  #connection = 1;

  constructor(options: OutboxOptions) {
    this.#options = options;
    // What an earlier life of this server left: SQL may hold it by now, Redis may have lost it.
    const sinceMs = options.clock.monotonicMs();
    for (const item of options.spool.items()) this.known.add({ item, state: 'uncertain', sinceMs, addedOver: 0 });
  }

  /** @throws Error when the kind is taken. */
  addFeature(kind: string, feature: OutboxFeature): void {
    if (this.#features.has(kind)) throw new Error(`Somebody carries "${kind}" already`);
    this.#features.set(kind, feature);
  }

  /** The features, each with those of the items that are its own. */
  *perFeature<T extends { readonly kind: string }>(items: Iterable<T>): Generator<[OutboxFeature, T[]]> {
    for (const [kind, own] of Map.groupBy(items, (item) => item.kind)) {
      const feature = this.#features.get(kind);
      if (feature === undefined) this.#options.logger.error('Nobody carries pending items of this kind', { kind });
      else yield [feature, own];
    }
  }

  /** Whether new items of this line must go through the outbox, so that none overtakes a pending one. */
  carries(line: Line): boolean {
    return this.known.carries(line);
  }

  /**
   * Accepts an item; the same one again gets the same answer.
   *
   * @param seen the highest number that its author may have seen in this line, 0 if there are none
   * @throws UCError `ID_CONFLICT`; `STORAGE_UNAVAILABLE`: nobody holds it; `OUTCOME_UNKNOWN`: somebody may.
   */
  accept(asked: Omit<OutboxItem, 'place'>, seen: number): Promise<Accepted> {
    const present = this.known.get(asked);
    if (present !== undefined) return this.#again(present, asked);
    const item = { ...asked, place: Math.max(seen, this.known.highest(lineOf(asked))) + 1 };
    const known: KnownItem = { item, state: 'accepting', sinceMs: this.#options.clock.monotonicMs(), addedOver: 0 };
    this.known.add(known);
    const sure = Promise.withResolvers<Accepted>();
    const answer = this.#bring(known, sure);
    this.#accepting.set(known, { known, answer, sure });
    return answer;
  }

  /** Names the present connection to Redis; what was confirmed over an older one must be added again. */
  get connection(): number {
    return this.#connection;
  }

  /** Another server, or Redis over this connection, says that these are pending. */
  learn(items: readonly OutboxItem[], over = this.#connection): void {
    const news: OutboxItem[] = [];
    for (const item of items) {
      const known = this.known.get(item);
      if (known === undefined) {
        const sinceMs = this.#options.clock.monotonicMs();
        this.known.add({ item, state: 'pending', sinceMs, addedOver: over });
        news.push(item);
      } else if (known.state === 'uncertain') {
        this.confirm(known, item, over);
      }
    }
    for (const [feature, own] of this.perFeature(news)) feature.pending(own, false);
    if (news.length > 0) this.#options.onPending();
  }

  /** The same items; those that are known here as they are known, because features keep what they have read of them. */
  asKnown(items: readonly OutboxItem[]): OutboxItem[] {
    return items.map((item) => {
      const known = this.known.get(item)?.item;
      return known?.body === item.body && known.place === item.place ? known : item;
    });
  }

  /** Redis holds this item, in this form; it said so over this connection, which may have ended meanwhile. */
  confirm(known: KnownItem, inForce: OutboxItem, over: number): void {
    known.addedOver = over;
    if (known.state === 'pending' || this.known.get(known.item) !== known) return;
    known.item = inForce;
    this.known.becomes(known, 'pending');
    this.#accepting.get(known)?.sure.resolve({ item: inForce, settled: undefined });
    this.#accepting.delete(known);
    for (const [feature, own] of this.perFeature([inForce])) feature.pending(own, true);
    this.#options.onPending();
  }

  /** SQL holds these. `seen`: this server read so itself, so its spool need not keep them. */
  settle(settled: readonly Settled[], seen: boolean): void {
    const news: Settled[] = [];
    for (const each of settled) {
      if (seen) this.#options.spool.held(each.item);
      const known = this.known.get(each.item);
      if (known === undefined) continue;
      this.known.remove(each.item);
      this.#accepting.get(known)?.sure.resolve({ item: known.item, settled: each });
      this.#accepting.delete(known);
      news.push({ item: known.item, seq: each.seq });
    }
    for (const [feature, own] of this.perFeature(news.map((each) => ({ ...each, kind: each.item.kind })))) {
      feature.settled(own, seen);
    }
  }

  /** Redis is reached anew: until they were added over this connection, items may be missing there. */
  redisBack(): void {
    this.#connection++;
  }

  /** What must be added to Redis (again): pending or uncertain, and not confirmed over the present connection. */
  *toAdd(): Generator<KnownItem> {
    for (const known of this.known.all()) if (known.state !== 'accepting' && known.addedOver !== this.#connection) yield known;
  }

  #again(present: KnownItem, asked: Omit<OutboxItem, 'place'>): Promise<Accepted> {
    const feature = this.#features.get(asked.kind);
    if (feature?.same(present.item, { ...asked, place: present.item.place }) !== true) return Promise.reject(conflict());
    if (present.state === 'pending') return Promise.resolve({ item: present.item, settled: undefined });
    if (present.state === 'uncertain' && feature.spoolSuffices === true)
      return Promise.resolve({ item: present.item, settled: undefined });
    const accepting = this.#accepting.get(present);
    if (present.state === 'accepting' && accepting !== undefined) return accepting.answer;
    return this.#untilSure(present);
  }

  async #bring(known: KnownItem, sure: PromiseWithResolvers<Accepted>): Promise<Accepted> {
    const { spool, store, logger } = this.#options;
    const { item } = known;
    try {
      await spool.append(item);
    } catch (error) {
      return this.#takeBack(known, error);
    }
    let inForce: OutboxItem;
    const over = this.#connection;
    try {
      inForce = await store.add(item);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) logger.error('A pending item could not be added', { error });
      if (this.#features.get(item.kind)?.spoolSuffices === true) return this.#leaveInSpool(known);
      // Redis may have it, so nobody can promise that it is not stored.
      if (!(error instanceof RedisUnavailable && error.failure === 'noAnswer')) return this.#takeBack(known, error);
      if (this.known.get(item) === known) {
        this.known.becomes(known, 'uncertain');
        return this.#untilSure(known);
      }
      return sure.promise;
    }
    if (this.known.get(item) !== known) return sure.promise;
    if (!this.#isSame(inForce, item)) {
      await this.#takeBack(known, conflict()).catch(() => undefined);
      this.learn([inForce]);
      throw conflict();
    }
    this.confirm(known, inForce, over);
    return { item: inForce, settled: undefined };
  }

  /** The upkeep adds it to Redis, or finds that SQL holds it. */
  #leaveInSpool(known: KnownItem): Accepted {
    if (this.known.get(known.item) === known) this.known.becomes(known, 'uncertain');
    this.#accepting.delete(known);
    return { item: known.item, settled: undefined };
  }

  #isSame(one: OutboxItem, other: OutboxItem): boolean {
    return this.#features.get(one.kind)?.same(one, other) === true;
  }

  /** Nobody may find it in the spool after a crash and take it for accepted. */
  async #takeBack(known: KnownItem, cause: unknown): Promise<never> {
    try {
      await this.#options.spool.cancel(known.item);
    } catch (error) {
      throw new UCError('OUTCOME_UNKNOWN', undefined, { cause: error });
    } finally {
      this.known.remove(known.item);
      this.#accepting.delete(known);
    }
    throw new UCError('STORAGE_UNAVAILABLE', undefined, { cause });
  }

  /** Waits until an item that is in our spool is in Redis or in SQL too. */
  async #untilSure(known: KnownItem): Promise<Accepted> {
    let accepting = this.#accepting.get(known);
    if (accepting === undefined) {
      const sure = Promise.withResolvers<Accepted>();
      accepting = { known, answer: sure.promise, sure };
      this.#accepting.set(known, accepting);
    }
    const tooLate = Promise.withResolvers<never>();
    const timer = this.#options.clock.after(sureWithinMs, () => tooLate.reject(new UCError('OUTCOME_UNKNOWN')));
    try {
      return await Promise.race([accepting.sure.promise, tooLate.promise]);
    } finally {
      timer.stop();
    }
  }
}

function conflict(): UCError {
  return new UCError('ID_CONFLICT');
}
