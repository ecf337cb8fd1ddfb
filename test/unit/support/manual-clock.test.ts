import assert from 'node:assert/strict';
import { ManualClock } from '#test/support/manual-clock.ts';

describe('ManualClock', () => {
  it('fires timers in order, each at its own moment', () => {
    const clock = new ManualClock(1_000);
    const fired: [string, number][] = [];
    clock.after(20, () => fired.push(['late', clock.monotonicMs()]));
    clock.every(8, () => fired.push(['tick', clock.wallMs()]));
    clock.after(8, () => fired.push(['same moment', clock.wallMs()]));
    clock.advance(20);
    assert.deepEqual(fired, [
      ['tick', 1_008],
      ['same moment', 1_008],
      ['tick', 1_016],
      ['late', 20],
    ]);
    assert.equal(clock.monotonicMs(), 20);
    assert.equal(clock.pendingTimers, 1);
  });

  it('fires what a timer started while time passes, and nothing that was stopped', () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const stopped = clock.after(7, () => fired.push('stopped'));
    clock.after(5, () => {
      stopped.stop();
      clock.after(5, () => fired.push('second'));
    });
    clock.advance(10);
    assert.deepEqual(fired, ['second']);
  });

  it('gives promises their turn while time passes', async () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const repeat = async () => {
      for (let i = 0; i < 3; i++) {
        await new Promise<void>((resolve) => clock.after(10, resolve));
        seen.push(clock.monotonicMs());
      }
    };
    const repeating = repeat();
    await clock.pass(30);
    await repeating;
    assert.deepEqual(seen, [10, 20, 30]);
  });

  it('moves wall time without monotonic time', () => {
    const clock = new ManualClock(0);
    clock.after(10, () => assert.fail('must not fire'));
    clock.jumpWall(-5_000);
    assert.deepEqual([clock.wallMs(), clock.monotonicMs()], [-5_000, 0]);
  });
});
