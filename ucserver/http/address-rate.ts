import { UCError } from '#shared/protocol/errors.ts';
import { addressBlock } from '#shared/runtime/address-block.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type BucketRate, TokenBucket } from '#shared/runtime/token-bucket.ts';

/** Bounds the memory: when more addresses are known, all start anew. */
const mostAddresses = 20_000;
const longestWaitMs = 60_000;

/** How many requests one address, or one IPv6 /64, may make. */
export class AddressRate {
  readonly #rate: BucketRate;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perMinute: number, clock: Clock) {
    this.#rate = { perSecond: perMinute / 60, burst: perMinute };
    this.#clock = clock;
  }

  /** Counts a request. @throws UCError RATE_LIMITED with the time to wait */
  take(address: string): void {
    const block = addressBlock(address);
    const nowMs = this.#clock.monotonicMs();
    if (this.#buckets.size > mostAddresses) this.#buckets.clear();
    const bucket = this.#buckets.get(block) ?? new TokenBucket(this.#rate, nowMs);
    this.#buckets.set(block, bucket);
    const waitMs = bucket.take(this.#rate, nowMs);
    if (waitMs > 0) throw new UCError('RATE_LIMITED', undefined, { retryAfterMs: Math.min(waitMs, longestWaitMs) });
  }
}
