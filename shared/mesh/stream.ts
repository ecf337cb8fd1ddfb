import type { Clock } from '../runtime/clock.ts';

/** What the number of an envelope says. */
export type Arrival = 'next' | 'gap' | 'replay';

/** The numbers of what one incarnation sends us over the bus. */
export class IncomingStream {
  #last = 0;

  /** The highest number that has arrived. */
  get last(): number {
    return this.#last;
  }

  /** `gap`: it is new, but something before it was lost. `replay`: seen before or overtaken, to be dropped. */
  arrive(number: number): Arrival {
    if (!(number > this.#last)) return 'replay';
    const arrival = number === this.#last + 1 ? 'next' : 'gap';
    this.#last = number;
    return arrival;
  }
}

const windowLength = 1_024;

/**
 * The numbers of requests that came over the direct way, where they may overtake each other: each is accepted once, and none that
 * is older than the last 1,024.
 */
export class ReplayWindow {
  readonly #seen = new Set<number>();
  #highest = 0;

  /** False when this number was accepted before or is too old to know. */
  accept(number: number): boolean {
    if (!Number.isSafeInteger(number) || number <= this.#highest - windowLength || this.#seen.has(number)) return false;
    this.#seen.add(number);
    this.#highest = Math.max(this.#highest, number);
    if (this.#seen.size > 2 * windowLength) {
      for (const seen of this.#seen) if (seen <= this.#highest - windowLength) this.#seen.delete(seen);
    }
    return true;
  }
}

const epochMs = 300_000;

/**
 * How long an envelope was under way: arrival − sent, less the smallest difference seen from that peer in the last five to ten
 * minutes (forgotten then, because two monotonic clocks drift apart).
 */
export class AgeGauge {
  readonly #clock: Clock;
  #epochBeganMs: number;
  #smallest = Number.POSITIVE_INFINITY;
  #smallestBefore = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#epochBeganMs = clock.monotonicMs();
  }

  /** @returns the age in ms, 0 for the fastest. */
  arrived(sentMs: number): number {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#epochBeganMs > epochMs) {
      this.#smallestBefore = this.#smallest;
      this.#smallest = Number.POSITIVE_INFINITY;
      this.#epochBeganMs = nowMs;
    }
    const difference = nowMs - sentMs;
    this.#smallest = Math.min(this.#smallest, difference);
    return difference - Math.min(this.#smallest, this.#smallestBefore);
  }
}
