import type { Incarnation } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { blockMarginMs, blockValidMs, type LedgerAnswer, type SeatName } from './ledger-plan.ts';
import type { LicensedFeature } from './licence.ts';
import type { LicensingRepository } from './repository.ts';
import { SeatHolder } from './seat-holder.ts';
import { blockOf, exhausted, keepMsOf, largestBlock, longestKeepMs } from './seat-rules.ts';

/** Seats of the licence in force. */
export interface SeatLimit {
  /** `Infinity`: nothing is counted. */
  readonly seats: number;
  readonly installedAt: number;
  readonly isExpired: boolean;
}

export interface SeatPoolOptions {
  readonly feature: LicensedFeature;
  readonly self: () => Incarnation;
  readonly repository: Pick<LicensingRepository, 'sync'>;
  readonly limit: () => SeatLimit;
  /** Another licence is in force than this server knows. */
  readonly refresh: () => Promise<void>;
  /** Living servers, this one included. */
  readonly serverCount: () => number;
  /** True once an incarnation has died for good. */
  readonly isGone: (incarnation: Incarnation) => boolean;
  /** Asks other servers to give back what nobody uses; answers how much they gave. Never rejects. */
  readonly recall: (seats: number) => Promise<number>;
  /** These have no seat any more, the least important first. */
  readonly onUncovered: (names: readonly SeatName[]) => void;
  /** Nothing can be confirmed; unless it can, all seats end then (wall time, ms). */
  readonly onEnding: (atMs: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The ledger hears together of what happens within this time. */
const gatherMs = 100;
const lookEveryMs = 1_000;
const renewEveryMs = 3_600_000;
const warnBeforeMs = 600_000;
const longestPauseMs = 1_500;
const longestDriftMs = 1_000;

/** The seats of one feature on this server: given from memory, with the ledger behind. */
export class SeatPool {
  readonly #options: SeatPoolOptions;
  readonly #holder: SeatHolder;
  #work: Promise<void> = Promise.resolve();
  /** A synchronisation that has not begun. */
  #next: Promise<boolean> | undefined;
  #waiting = 0;
  #recalling: Promise<unknown> | undefined;
  #gathering: Timer | undefined;
  #timer: Timer | undefined;
  #looked: { monotonicMs: number; wallMs: number };
  #renewedMs = Number.NEGATIVE_INFINITY;
  #last: Extract<LedgerAnswer, { outcome: 'held' }> | undefined;
  #isAway = false;
  /** Since when more is taken than the licence has. */
  #tooManySinceMs: number | undefined;
  /** Seats to give back with the next synchronisation. */
  #toGive = 0;
  #stopped = false;
  /** Seats that were given, and those of them for which the ledger had to be asked first. */
  readonly counts = { given: 0, asked: 0 };

  constructor(options: SeatPoolOptions) {
    this.#options = options;
    this.#holder = new SeatHolder(options.self());
    this.#looked = this.#now();
  }

  get held(): { readonly seats: number; readonly inUse: number } {
    return { seats: this.#holder.seats, inUse: this.#holder.inUse };
  }

  start(): void {
    this.#looked = this.#now();
    this.#holder.reborn(this.#options.self());
    this.#timer = this.#options.clock.every(lookEveryMs, () => this.#look());
    if (this.#isLimited) this.#syncSoon();
  }

  /** Gives back what nobody uses; the rest ends with this life. */
  async stop(): Promise<void> {
    this.#timer?.stop();
    this.#gathering?.stop();
    if (this.#last !== undefined) await this.#sync({ give: Number.MAX_SAFE_INTEGER, spare: 0 });
    this.#stopped = true;
  }

  /** We live under a new life. */
  reborn(): void {
    this.#holder.reborn(this.#options.self());
    if (this.#isLimited) this.#syncSoon();
  }

  /**
   * Gives a seat to a name; one that has a seat keeps it.
   *
   * @throws UCError `LICENCE_EXHAUSTED`, with how many seats there are and who holds them
   */
  async take(name: SeatName): Promise<void> {
    if (!this.#isLimited) return;
    const { clock } = this.#options;
    this.counts.given += 1;
    if (this.#takeNow(name)) return;
    this.counts.asked += 1;
    this.#waiting += 1;
    try {
      for (const prepare of [async () => undefined, () => this.#recall()]) {
        await prepare();
        this.#holder.claim(name);
        await this.#syncNext();
        if (this.#holder.take(name, clock.monotonicMs())) return;
      }
      throw this.#exhausted();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The name uses its seat no more. */
  leave(name: SeatName): void {
    this.#holder.leave(name, this.#options.clock.monotonicMs());
  }

  /** The name is on another server now: if it has left here, its seat waits for it no longer. */
  abandon(name: SeatName): void {
    this.#holder.abandon(name);
    if (this.#isLimited && this.#holder.hasNews) this.#syncSoon();
  }

  /** Gives seats that nobody uses back to the ledger. @returns how many */
  async giveBack(seats: number): Promise<number> {
    const before = this.#holder.seats;
    const { idle } = this.#holder;
    await this.#sync({ give: Math.max(0, seats - idle), spare: Math.max(0, idle - seats) });
    return Math.max(0, before - this.#holder.seats);
  }

  /** Of so many that the next who come need not ask the others again; those who ask meanwhile share it. */
  #recall(): Promise<unknown> {
    this.#recalling ??= this.#options.recall(this.#waiting + largestBlock).finally(() => {
      this.#recalling = undefined;
    });
    return this.#recalling;
  }

  get #isLimited(): boolean {
    return this.#options.limit().seats !== Number.POSITIVE_INFINITY;
  }

  #takeNow(name: SeatName): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    // Our loop stood still, and the look that notices it is still to come.
    if (nowMs - this.#looked.monotonicMs > lookEveryMs + longestPauseMs) this.#holder.doubt();
    if (!this.#holder.take(name, nowMs)) return false;
    if (this.#holder.idle * 2 < this.#block) void this.#syncNext();
    else if (this.#holder.hasNews) this.#syncSoon();
    return true;
  }

  /** This server's part of the seats that nobody uses or keeps. */
  get #share(): number {
    const { limit, serverCount } = this.#options;
    const free = limit().seats - (this.#last?.taken ?? 0) + this.#holder.idle;
    return Math.floor(free / Math.max(1, serverCount()));
  }

  /** Idle seats that this server should have. */
  get #block(): number {
    return blockOf(this.#share);
  }

  get #keepMs(): number {
    return keepMsOf(this.#share);
  }

  #syncSoon(): void {
    this.#gathering ??= this.#options.clock.after(gatherMs, () => {
      this.#gathering = undefined;
      void this.#syncNext();
    });
  }

  /** One that begins after now; those who wait for it share it. @returns whether the ledger has answered. */
  #syncNext(): Promise<boolean> {
    this.#next ??= this.#sync({ give: 0 }, () => {
      this.#next = undefined;
    });
    return this.#next;
  }

  #sync(asked: { give: number; spare?: number }, onBegin: () => void = () => undefined): Promise<boolean> {
    const done = this.#work.then(() => {
      onBegin();
      return this.#syncOnce(asked);
    });
    this.#work = done.then(() => undefined);
    return done;
  }

  /** Never rejects. */
  async #syncOnce({ give, spare }: { give: number; spare?: number }): Promise<boolean> {
    const { repository, feature, limit, refresh, clock, logger } = this.#options;
    const { seats, installedAt } = limit();
    if (seats === Number.POSITIVE_INFINITY || this.#stopped) return false;
    const sentMs = clock.monotonicMs();
    const wanted = spare ?? (this.#tooManySinceMs === undefined ? this.#block + this.#waiting : 0);
    const asked = this.#holder.ask({ spare: wanted, keepMs: this.#keepMs, give: Math.max(give, this.#toGive), nowMs: sentMs });
    this.#toGive = 0;
    try {
      const answer = await repository.sync({ feature, asked, limit: seats, installedAt });
      this.#isAway = false;
      if (asked.holder.life !== this.#options.self().life) return false;
      this.#answered(asked, answer, sentMs);
      return true;
    } catch (error) {
      if (error instanceof UCError && error.code === 'VERSION_CONFLICT') await refresh().catch(() => undefined);
      else if (error instanceof UCError) this.#isAway = true;
      else logger.error('The ledger of the licence failed', { feature, error });
      return false;
    }
  }

  #answered(asked: Parameters<SeatHolder['answered']>[0], answer: LedgerAnswer, sentMs: number): void {
    const { uncovered } = this.#holder.answered(asked, answer, sentMs);
    if (answer.outcome === 'held') {
      this.#renewedMs = sentMs;
      this.#last = answer;
      const { isGone } = this.#options;
      const ofGone = answer.elsewhere.filter(({ holder }) => isGone(holder));
      for (const { name } of ofGone) this.#holder.claim(name);
      if (ofGone.length > 0) this.#syncSoon();
      this.#keepWithin(answer.taken);
    }
    if (uncovered.length > 0) this.#options.onUncovered(uncovered);
  }

  /** The licence has become smaller: after a warning each server gives up its share. */
  #keepWithin(taken: number): void {
    const { limit, clock, onEnding, onUncovered } = this.#options;
    const { seats } = limit();
    if (taken <= seats) {
      this.#tooManySinceMs = undefined;
      return;
    }
    const nowMs = clock.monotonicMs();
    this.#tooManySinceMs ??= nowMs;
    const leftMs = this.#tooManySinceMs + warnBeforeMs - nowMs;
    if (leftMs > 0) onEnding(clock.wallMs() + leftMs);
    else {
      // The next share only after another warning, when the others have given theirs.
      const share = Math.ceil(((taken - seats) * this.#holder.seats) / taken);
      onUncovered([...this.#holder.names].reverse().slice(0, Math.max(0, share - this.#holder.idle - this.#holder.kept)));
      this.#toGive = share;
      this.#tooManySinceMs = nowMs;
      this.#syncSoon();
    }
  }

  #look(): void {
    const { clock, onUncovered, onEnding } = this.#options;
    const now = this.#now();
    const passedMs = now.monotonicMs - this.#looked.monotonicMs;
    const driftMs = now.wallMs - this.#looked.wallMs - passedMs;
    this.#looked = now;
    if (!this.#isLimited) return;
    if (passedMs > lookEveryMs + longestPauseMs || Math.abs(driftMs) > longestDriftMs) {
      this.#holder.doubt();
      this.#syncSoon();
    }
    const endMs = this.#renewedMs + blockValidMs - blockMarginMs;
    if (this.#last !== undefined && !this.#holder.isValid(now.monotonicMs)) {
      this.#last = undefined;
      onUncovered(this.#holder.expire().uncovered);
    } else if (this.#last !== undefined && endMs - now.monotonicMs < warnBeforeMs) {
      onEnding(clock.wallMs() + endMs - now.monotonicMs);
    }
    const sinceMs = now.monotonicMs - this.#renewedMs;
    if (this.#holder.hasNews || (this.#holder.kept > 0 && sinceMs > this.#keepMs) || sinceMs > renewEveryMs) this.#syncSoon();
    if (this.#tooManySinceMs !== undefined && sinceMs > longestKeepMs) this.#syncSoon();
  }

  #now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#options.clock.monotonicMs(), wallMs: this.#options.clock.wallMs() };
  }

  #exhausted(): UCError {
    const { feature, limit } = this.#options;
    const { seats, isExpired } = limit();
    const reason = isExpired ? 'expired' : this.#isAway ? 'databaseAway' : 'allTaken';
    return exhausted({ feature, seats, reason, blocks: this.#last?.blocks ?? [] });
  }
}
