import assert from 'node:assert/strict';
import { PauseWatch } from '#shared/runtime/pause-watch.ts';
import { ManualClock } from '#test/support/manual-clock.ts';

/** A clock whose timers do not fire while the process is stopped. */
class StoppableClock extends ManualClock {
  stoppedMs = 0;
  override monotonicMs(): number {
    return super.monotonicMs() + this.stoppedMs;
  }
}

describe('PauseWatch', () => {
  let clock: StoppableClock;
  let watch: PauseWatch;
  let pauses: number[];

  beforeEach(() => {
    clock = new StoppableClock();
    watch = new PauseWatch({ clock });
    pauses = [];
    watch.listen((pausedMs) => pauses.push(pausedMs));
    watch.start();
  });

  it('is silent while the loop turns', () => {
    clock.advance(60_000);
    assert.deepEqual(pauses, []);
  });

  it('reports a pause once, to whoever looks first', () => {
    clock.advance(1_000);
    clock.stoppedMs += 1_600;
    assert.equal(watch.check(), 1_600);
    clock.advance(1_000);
    assert.deepEqual(pauses, [1_600]);
  });

  it('reports a pause by its own timer', () => {
    clock.stoppedMs += 10_000;
    clock.advance(100);
    assert.deepEqual(pauses, [10_100]);
  });

  it('notices that the machine was suspended, which monotonic time does not show', () => {
    clock.jumpWall(30_000);
    assert.equal(watch.check(), 30_000);
  });

  it('says nothing once stopped', () => {
    watch.stop();
    clock.stoppedMs += 10_000;
    assert.equal(watch.check(), 0);
    assert.equal(clock.pendingTimers, 0);
  });
});
