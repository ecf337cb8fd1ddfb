import type { Incarnation } from '#shared/ids.ts';
import { KeptSeats } from './kept-seats.ts';
import { blockMarginMs, blockValidMs, type LedgerAnswer, type LedgerRequest, type SeatName } from './ledger-plan.ts';

/** What a holder does not do by itself. */
export interface HolderNews {
  /** Names without a seat from now on, the least important first: their sessions must end. */
  readonly uncovered: readonly SeatName[];
}

/** Of each kind, in one request. */
const mostNames = 500;

type Held = Extract<LedgerAnswer, { outcome: 'held' }>;

/**
 * One server's seats of one feature: pure, with times from outside (own monotonic clock, ms).
 *
 * Own seats are *bound* to a name that uses them, *kept* for a name that has left, or idle. A kept seat is given to another name only
 * after the ledger has confirmed that the name was taken out, because another server may have taken it along. Seats that came
 * along with a name serve that name only. So whatever is believed here, all names together never use more than the ledger holds.
 */
export class SeatHolder {
  #self: Incarnation;
  /** What the ledger is known to hold for us at least. */
  #seats = 0;
  #validUntilMs = Number.NEGATIVE_INFINITY;
  #isConfirmed = false;
  #request = 0;
  /** The ledger has not heard yet that we begin anew. */
  #isAnew = true;
  /** In the order in which they came. */
  readonly #bound = new Set<SeatName>();
  readonly #kept = new KeptSeats();
  /** Names with seats that came along; used, or on their way back. */
  readonly #along = new Set<SeatName>();
  readonly #recorded = new Set<SeatName>();
  readonly #claims = new Set<SeatName>();
  /** What the ledger must take out; told with every request until it has answered one. */
  readonly #leaving = new Set<SeatName>();
  /** Names whose removal is, or may be, on its way: told since the last answer. */
  #releasing = new Set<SeatName>();

  constructor(self: Incarnation) {
    this.#self = self;
  }

  get seats(): number {
    return this.#seats;
  }

  /** Names that use a seat here. */
  get inUse(): number {
    return this.#bound.size;
  }

  get names(): Iterable<SeatName> {
    return this.#bound;
  }

  /** Own seats in use or kept. */
  get #occupied(): number {
    return this.#ownBound + this.#kept.size;
  }

  /** Own seats that anybody may get. */
  get idle(): number {
    return Math.max(0, this.#seats - this.#occupied);
  }

  get #ownBound(): number {
    return this.#bound.size - this.#alongBound;
  }

  /** How many bound names use seats that came along; counted, because it is asked for every seat. */
  #alongBound = 0;

  /** Names that have left and whose seats wait for them. */
  get kept(): number {
    return this.#kept.size;
  }

  /** Whether the ledger should hear of something. */
  get hasNews(): boolean {
    return this.#claims.size > 0 || this.#leaving.size > 0 || this.unrecorded > 0 || this.#kept.hasAbandoned;
  }

  get unrecorded(): number {
    return this.#bound.size - this.#recordedBound;
  }

  #recordedBound = 0;

  /** Whether seats may be given to further names without asking the ledger. */
  maySpend(nowMs: number): boolean {
    return this.#isConfirmed && nowMs < this.#validUntilMs;
  }

  isValid(nowMs: number): boolean {
    return nowMs < this.#validUntilMs;
  }

  /** Our loop stood still or a clock has jumped: nothing more is given before the ledger has answered. */
  doubt(): void {
    this.#isConfirmed = false;
  }

  /** @returns whether the name has a seat; else the ledger must be asked. */
  take(name: SeatName, nowMs: number): boolean {
    if (this.#bound.has(name)) return true;
    if (!this.maySpend(nowMs)) return false;
    if (this.#along.has(name)) {
      // What was told once may still reach the ledger, whatever was told since.
      if (this.#releasing.has(name)) return false;
      this.#leaving.delete(name);
      this.#bind(name);
      return true;
    }
    if (this.#kept.delete(name)) {
      this.#releasing.delete(name);
      this.#bind(name);
      return true;
    }
    if (this.idle === 0) return false;
    this.#bind(name);
    return true;
  }

  /** The name uses its seat no more. */
  leave(name: SeatName, nowMs: number): void {
    if (!this.#bound.has(name)) return;
    this.#unbind(name);
    if (this.#along.has(name)) this.#leaving.add(name);
    else this.#kept.keep(name, nowMs);
    this.#claims.delete(name);
  }

  /** The name, if it has left, is known to be elsewhere: its seat waits for it no longer. */
  abandon(name: SeatName): void {
    this.#kept.abandon(name);
  }

  /** The seat of this name shall come along from a server that is gone. */
  claim(name: SeatName): void {
    if (!this.#along.has(name)) this.#claims.add(name);
  }

  /**
   * The next request; one at a time, and one without an answer may be sent again as it is.
   *
   * @param spare idle seats to have afterwards; more are given back
   * @param keepMs seats kept longer than this are released
   * @param give kept seats to give back whatever their age, for others who need them
   */
  ask({ spare, keepMs, give, nowMs }: { spare: number; keepMs: number; give: number; nowMs: number }): LedgerRequest {
    const released = this.#kept.due({ nowMs, keepMs, least: give, most: mostNames });
    // What is given back is not used from here on, whether or not the answer arrives.
    const given = released.slice(0, Math.max(0, give));
    for (const name of given) {
      this.#kept.delete(name);
      this.#leaving.add(name);
    }
    const seats = this.#occupied + spare;
    this.#seats = Math.min(this.#seats - given.length, seats);
    const removed = [...released, ...this.#leaving];
    for (const name of removed) this.#releasing.add(name);
    this.#request += 1;
    return {
      holder: this.#self,
      request: this.#request,
      anew: this.#isAnew,
      seats,
      added: this.#unrecordedNames(),
      removed,
      claimed: [...this.#claims].slice(0, mostNames),
    };
  }

  #unrecordedNames(): SeatName[] {
    if (this.unrecorded === 0) return [];
    const missing = [...this.#bound].filter((name) => !this.#recorded.has(name) && !this.#releasing.has(name));
    return missing.slice(0, mostNames);
  }

  /** @param sentMs when the request left: its validity counts from there. */
  answered(request: LedgerRequest, answer: LedgerAnswer, sentMs: number): HolderNews {
    if (answer.outcome === 'stale') return { uncovered: [] };
    if (answer.outcome === 'superseded') return this.expire();
    this.#seats = answer.seats;
    this.#validUntilMs = sentMs + blockValidMs - blockMarginMs;
    this.#isConfirmed = true;
    if (request.anew) this.#isAnew = false;
    for (const name of request.removed) {
      this.#forgetRecorded(name);
      this.#leaving.delete(name);
      // Who has come back meanwhile is bound, and not kept any more.
      if (this.#releasing.has(name)) this.#kept.delete(name);
    }
    const elsewhere = new Set(answer.elsewhere.map(({ name }) => name));
    for (const name of request.added) if (!elsewhere.has(name)) this.#remember(name);
    this.#releasing = new Set();
    this.#moved(answer, request);
    return this.#settle(answer);
  }

  /** We live under a new life: the ledger knows nothing of it yet. What is in use stays so until it has answered. */
  reborn(self: Incarnation): void {
    this.#self = self;
    this.#request = 0;
    this.#forget();
  }

  /** What is in use stays so. The numbers of requests go on: one of before may still be on its way. */
  #forget(): void {
    this.#isAnew = true;
    this.#seats = 0;
    this.#isConfirmed = false;
    this.#kept.clear();
    this.#along.clear();
    this.#alongBound = 0;
    this.#recorded.clear();
    this.#recordedBound = 0;
    this.#claims.clear();
    this.#leaving.clear();
    this.#releasing.clear();
  }

  #moved(answer: Held, request: LedgerRequest): void {
    const along = new Set(answer.moved);
    for (const name of [...this.#along]) {
      if (along.has(name)) continue;
      this.#along.delete(name);
      if (this.#bound.has(name)) this.#alongBound -= 1;
    }
    for (const name of along) {
      if (this.#along.has(name)) continue;
      this.#along.add(name);
      this.#kept.delete(name);
      if (this.#bound.has(name)) this.#alongBound += 1;
      else this.#leaving.add(name);
      this.#remember(name);
    }
    for (const name of request.claimed) this.#claims.delete(name);
  }

  /** Others have taken names along, or the seats are fewer than what is occupied. */
  #settle(answer: Held): HolderNews {
    const again: SeatName[] = [];
    for (const name of answer.lost) {
      this.#kept.delete(name);
      this.#forgetRecorded(name);
      if (!this.#bound.has(name) || this.#along.has(name)) continue;
      this.#unbind(name);
      again.push(name);
    }
    for (const name of this.#kept.names()) {
      if (this.#ownBound + this.#kept.size <= this.#seats) break;
      this.#kept.delete(name);
    }
    const uncovered = [...this.#bound].reverse().filter((name) => !this.#along.has(name));
    uncovered.length = Math.max(0, this.#ownBound - this.#seats);
    for (const name of uncovered) this.#unbind(name);
    for (const name of again) {
      if (this.idle > 0) this.#bind(name);
      else uncovered.push(name);
    }
    return { uncovered };
  }

  /** The end of its validity has come without a renewal, or a newer life of this server holds everything. */
  expire(): HolderNews {
    const uncovered = [...this.#bound].reverse();
    this.#bound.clear();
    this.#forget();
    this.#validUntilMs = Number.NEGATIVE_INFINITY;
    return { uncovered };
  }

  #bind(name: SeatName): void {
    this.#bound.add(name);
    if (this.#along.has(name)) this.#alongBound += 1;
    if (this.#recorded.has(name)) this.#recordedBound += 1;
  }

  #unbind(name: SeatName): void {
    this.#bound.delete(name);
    if (this.#along.has(name)) this.#alongBound -= 1;
    if (this.#recorded.has(name)) this.#recordedBound -= 1;
  }

  #remember(name: SeatName): void {
    if (this.#recorded.has(name)) return;
    this.#recorded.add(name);
    if (this.#bound.has(name)) this.#recordedBound += 1;
  }

  #forgetRecorded(name: SeatName): void {
    if (this.#recorded.delete(name) && this.#bound.has(name)) this.#recordedBound -= 1;
  }
}
