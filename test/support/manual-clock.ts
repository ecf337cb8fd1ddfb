import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '#shared/runtime/clock.ts';

interface Pending {
  dueMs: number;
  /** Timers of the same moment fire in the order in which they were made. */
  readonly order: number;
  readonly periodMs: number | undefined;
  readonly act: () => void;
}

/** A clock that stands still until a test turns it. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #made = 0;
  readonly #pending = new Set<Pending>();

  /** @param wallMs Milliseconds since 1970 at the start; by default 2026-01-05 09:00 UTC, a Monday. */
  constructor(wallMs = Date.UTC(2026, 0, 5, 9)) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, act: () => void): Timer {
    return this.#add(Math.max(0, delayMs), undefined, act);
  }

  every(periodMs: number, act: () => void): Timer {
    if (!(periodMs > 0)) throw new RangeError(`A period must be above 0 ms, not ${periodMs}`);
    return this.#add(periodMs, periodMs, act);
  }

  /** How many timers have neither fired nor been stopped. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Lets both times pass; what is due fires in order, each at its own moment, before this returns. */
  advance(ms: number): void {
    const end = this.#monotonicMs + ms;
    for (let next = this.#nextUntil(end); next; next = this.#nextUntil(end)) this.#fire(next);
    this.#moveTo(end);
  }

  /** Like {@link advance}, but promises and I/O callbacks get their turn after each timer and at the end. */
  async pass(ms: number): Promise<void> {
    const end = this.#monotonicMs + ms;
    await turn();
    for (let next = this.#nextUntil(end); next; next = this.#nextUntil(end)) {
      this.#fire(next);
      await turn();
    }
    this.#moveTo(end);
    await turn();
  }

  /** The loop stands still: time passes but no timer fires; each that became due fires once, when time moves on. */
  stall(ms: number): void {
    this.#moveTo(this.#monotonicMs + ms);
    for (const timer of this.#pending) timer.dueMs = Math.max(timer.dueMs, this.#monotonicMs);
  }

  /** Moves wall time only, as an administrator or NTP does; timers and monotonic time do not notice. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  #add(delayMs: number, periodMs: number | undefined, act: () => void): Timer {
    const timer: Pending = { dueMs: this.#monotonicMs + delayMs, order: this.#made++, periodMs, act };
    this.#pending.add(timer);
    return { stop: () => void this.#pending.delete(timer) };
  }

  #nextUntil(endMs: number): Pending | undefined {
    let next: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.dueMs > endMs) continue;
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #fire(timer: Pending): void {
    this.#moveTo(timer.dueMs);
    if (timer.periodMs === undefined) this.#pending.delete(timer);
    else timer.dueMs += timer.periodMs;
    timer.act();
  }

  #moveTo(monotonicMs: number): void {
    const passedMs = Math.max(0, monotonicMs - this.#monotonicMs);
    this.#monotonicMs += passedMs;
    this.#wallMs += passedMs;
  }
}
