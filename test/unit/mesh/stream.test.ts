import assert from 'node:assert/strict';
import { AgeGauge, IncomingStream, ReplayWindow } from '#shared/mesh/stream.ts';
import { ManualClock } from '#test/support/manual-clock.ts';

describe('numbers of a stream', () => {
  it('tell what follows, what was lost and what came again or too late', () => {
    const stream = new IncomingStream();
    const arrivals = [1, 2, 2, 5, 4, 3, 6, 1, Number.NaN].map((number) => stream.arrive(number));
    assert.deepEqual(arrivals, ['next', 'next', 'replay', 'gap', 'replay', 'replay', 'next', 'replay', 'replay']);
    assert.equal(stream.last, 6);
  });

  it('show a loss also when the first envelope is missing', () => {
    assert.equal(new IncomingStream().arrive(2), 'gap');
  });
});

describe('replay window of the direct way', () => {
  it('accepts each number once, in any order', () => {
    const window = new ReplayWindow();
    assert.deepEqual(
      [3, 1, 2, 3, 1, 4].map((number) => window.accept(number)),
      [true, true, true, false, false, true],
    );
  });

  it('refuses what is too old to know, and what is no number', () => {
    const window = new ReplayWindow();
    for (let number = 1; number <= 5_000; number++) assert.ok(window.accept(number));
    for (const number of [1, 3_000, 3_976, 4_999, 5_000, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      assert.ok(!window.accept(number));
    assert.ok(window.accept(5_001));
  });
});

describe('age of an envelope', () => {
  it('is the delay beyond the fastest, whatever the two clocks show', () => {
    const clock = new ManualClock();
    const age = new AgeGauge(clock);
    const offsetMs = 1e6;
    const sentNow = () => clock.monotonicMs() + offsetMs;
    assert.equal(age.arrived(sentNow() - 30), 0, 'the first is the fastest known');
    assert.equal(age.arrived(sentNow() - 5), 0, 'a faster one');
    assert.equal(age.arrived(sentNow() - 45), 40);
  });

  it('follows clocks that drift apart', () => {
    const clock = new ManualClock();
    const age = new AgeGauge(clock);
    age.arrived(clock.monotonicMs());
    for (let minute = 1; minute <= 60; minute++) {
      clock.advance(60_000);
      // The sender's clock loses 10 ms each minute.
      assert.ok(age.arrived(clock.monotonicMs() - 10 * minute) <= 110, 'only the drift of the last ten minutes counts');
    }
  });
});
