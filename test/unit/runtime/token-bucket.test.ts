import assert from 'node:assert/strict';
import { TokenBucket } from '#shared/runtime/token-bucket.ts';

const rate = { perSecond: 50, burst: 10 };

describe('token bucket', () => {
  /** Empty, at time 0. */
  function empty(): TokenBucket {
    const bucket = new TokenBucket(rate, 0);
    for (let index = 0; index < rate.burst; index++) assert.equal(bucket.take(rate, 0), 0);
    return bucket;
  }

  it('allows a burst, and after a pause another', () => {
    const bucket = empty();
    assert.ok(bucket.take(rate, 0) > 0);
    for (let index = 0; index < rate.burst; index++) assert.equal(bucket.take(rate, 1_000), 0);
    assert.ok(bucket.take(rate, 1_000) > 0);
  });

  it('lets in who comes again when it was told to', () => {
    const bucket = empty();
    const waitMs = bucket.take(rate, 0);
    assert.equal(waitMs, 20);
    assert.equal(bucket.take(rate, waitMs), 0);
  });

  it('gives those who wait a turn each, whatever they add to it', () => {
    const bucket = empty();
    const turns = Array.from({ length: 8 }, () => bucket.take(rate, 0)).sort((one, other) => one - other);
    assert.deepEqual(turns, [20, 40, 60, 80, 100, 120, 140, 160]);
    for (const atMs of turns) assert.equal(bucket.take(rate, atMs * 1.2), 0);
  });

  it('keeps to its rate in the long run', () => {
    const bucket = empty();
    let taken = 0;
    for (let atMs = 0; atMs < 10_000; atMs += bucket.take(rate, atMs) || 1) taken += 1;
    assert.ok(taken <= 1_020, String(taken));
  });

  it('tells who goes on regardless', () => {
    const bucket = empty();
    const waits = Array.from({ length: rate.burst }, () => bucket.take(rate, 0));
    assert.equal(waits.at(-1), Number.POSITIVE_INFINITY);
    assert.ok(waits.slice(0, -1).every(Number.isFinite));
  });
});
