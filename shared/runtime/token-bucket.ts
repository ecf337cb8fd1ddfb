/** How fast a bucket fills, and how much it holds. */
export interface BucketRate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Allows a rate in the long run and bursts after a pause. Taking from an empty bucket makes debt, so that whoever goes on
 * regardless is told apart from whoever waits.
 */
export class TokenBucket {
  #tokens: number;
  #filledAtMs: number;

  constructor(rate: BucketRate, nowMs: number) {
    this.#tokens = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes one. @returns how long to wait for it in ms: 0 = it was there, Infinity = the debt has reached a whole burst. */
  take(rate: BucketRate, nowMs: number): number {
    const filled = this.#tokens + ((nowMs - this.#filledAtMs) / 1_000) * rate.perSecond;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(rate.burst, filled) - 1;
    if (this.#tokens >= 0) return 0;
    if (this.#tokens <= -rate.burst) return Number.POSITIVE_INFINITY;
    return Math.ceil((-this.#tokens / rate.perSecond) * 1_000);
  }
}
