/** How fast a bucket fills, and how much it holds. */
export interface BucketRate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Allows a rate in the long run and bursts after a pause. Whoever finds it empty is told when the next turn is free, one after
 * another, and comes again then. Whoever goes on regardless makes debt, which is told apart from waiting.
 */
export class TokenBucket {
  #tokens: number;
  /** Turns that were given to those who wait. */
  #debt = 0;
  #filledAtMs: number;

  constructor(rate: BucketRate, nowMs: number) {
    this.#tokens = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes one. @returns how long to wait for it in ms: 0 = it was there, Infinity = the debt has reached a whole burst. */
  take(rate: BucketRate, nowMs: number): number {
    const filled = ((nowMs - this.#filledAtMs) / 1_000) * rate.perSecond;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(rate.burst, this.#tokens + filled);
    this.#debt = Math.max(0, this.#debt - filled);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    this.#debt += 1;
    if (this.#debt >= rate.burst) return Number.POSITIVE_INFINITY;
    return Math.ceil((Math.max(1, this.#debt) - this.#tokens) * (1_000 / rate.perSecond));
  }
}
