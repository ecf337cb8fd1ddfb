import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { Throttle } from '#ucserver/auth/throttle.ts';

/** What an attempt has to wait, ms; one that need not counts as failed. */
function attempt(throttle: Throttle, name: string, address: string): number {
  try {
    throttle.begin(name, address);
    return 0;
  } catch (error) {
    if (error instanceof UCError && error.code === 'RATE_LIMITED') return error.retryAfterMs ?? 0;
    throw error;
  }
}

describe('auth: throttle', () => {
  it('doubles the wait for a name after some failures, up to a minute', () => {
    const clock = new ManualClock();
    const throttle = new Throttle(clock);
    const waits: number[] = [];
    for (let round = 0; round < 13; round++) {
      const wait = attempt(throttle, 'alice', `192.0.2.${round}`);
      waits.push(wait);
      if (wait === 0) continue;
      clock.advance(wait);
      assert.equal(attempt(throttle, 'alice', `198.51.100.${round}`), 0, 'when the wait is over');
    }
    assert.deepEqual(waits, [0, 0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    assert.equal(attempt(throttle, 'bob', '203.0.113.1'), 0, 'others do not notice');
  });

  it('starts anew after the right password and after an hour', () => {
    const clock = new ManualClock();
    const throttle = new Throttle(clock);
    for (let round = 0; round < 4; round++) attempt(throttle, 'alice', '192.0.2.1');
    throttle.begin('alice', '192.0.2.1').succeeded();
    for (let round = 0; round < 5; round++) assert.equal(attempt(throttle, 'alice', '192.0.2.1'), 0);
    assert.ok(attempt(throttle, 'alice', '192.0.2.1') > 0);
    clock.advance(3_600_000);
    assert.equal(attempt(throttle, 'alice', '192.0.2.1'), 0);
  });

  it('counts attempts from their beginning, and not those that were not carried out', () => {
    const throttle = new Throttle(new ManualClock());
    const begun = Array.from({ length: 5 }, () => throttle.begin('alice', '192.0.2.1'));
    assert.ok(attempt(throttle, 'alice', '192.0.2.1') > 0);
    for (const each of begun) each.withdrawn();
    assert.equal(attempt(throttle, 'alice', '192.0.2.1'), 0);
  });

  it('slows an address down that tries many names, and takes a network of IPv6 for one', () => {
    const throttle = new Throttle(new ManualClock());
    for (let round = 0; round < 30; round++) {
      assert.equal(attempt(throttle, `a${round}`, '192.0.2.1'), 0);
      assert.equal(attempt(throttle, `b${round}`, `2001:db8:1:2::${round}`), 0);
    }
    assert.ok(attempt(throttle, 'fresh', '192.0.2.1') > 0);
    assert.ok(attempt(throttle, 'fresh', '2001:db8:1:2:ffff::1') > 0);
    assert.equal(attempt(throttle, 'fresh', '2001:db8:1:3::1'), 0);
  });
});
