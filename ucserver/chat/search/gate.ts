import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { TokenBucket } from '#shared/runtime/token-bucket.ts';

export interface GateOptions {
  readonly clock: Clock;
  /** Searches of one session, in the long run. */
  readonly perSecond: number;
  /** Searches of this server at a time. */
  readonly atOnce: number;
}

/** So many wait for their turn for each that runs. */
const waitingForEach = 20;
const retryAfterMs = 1_000;

/** Lets searches through at a rate per session, and not too many at once. */
export class Gate {
  readonly #options: GateOptions;
  readonly #buckets = new WeakMap<object, TokenBucket>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Runs `act` in its turn. @throws UCError `RATE_LIMITED`, `BUSY`. */
  async run<T>(session: object, act: () => Promise<T>): Promise<T> {
    this.#checkRate(session);
    await this.#turn();
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      // Whoever waits takes the place over.
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #checkRate(session: object): void {
    const { clock, perSecond } = this.#options;
    const rate = { perSecond, burst: 4 * perSecond };
    const nowMs = clock.monotonicMs();
    let bucket = this.#buckets.get(session);
    if (bucket === undefined) {
      bucket = new TokenBucket(rate, nowMs);
      this.#buckets.set(session, bucket);
    }
    const waitMs = bucket.take(rate, nowMs);
    if (waitMs > 0) throw new UCError('RATE_LIMITED', undefined, { retryAfterMs: Math.min(waitMs, 10_000) });
  }

  async #turn(): Promise<void> {
    const { atOnce } = this.#options;
    if (this.#running < atOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= atOnce * waitingForEach) throw new UCError('BUSY', undefined, { retryAfterMs });
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
