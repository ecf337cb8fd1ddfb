import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { UserId } from '#shared/ids.ts';
import { runs } from '#test/support/effort.ts';
import { ReturnQueue } from '#ucserver/sign-in/return-queue.ts';

const user = (number: number) => `user-${number}` as UserId;

describe('return queue', () => {
  it('admits at once who comes alone', () => {
    const queue = new ReturnQueue({ perSecond: 100, mostWaitMs: 400 });
    assert.deepEqual(queue.admit(user(1), 0), { kind: 'admitted', inMs: 0 });
    assert.equal(queue.isBusy(0), false);
  });

  it('spreads a thousand who come at once over the time their number needs, and nobody is sent away twice', () => {
    const queue = new ReturnQueue({ perSecond: 400, mostWaitMs: 400 });
    const admittedAt: number[] = [];
    for (let at = 0; at < 1_000; at++) {
      const first = queue.admit(user(at), 0);
      if (first.kind === 'admitted') {
        admittedAt.push(first.inMs);
        continue;
      }
      assert.ok(queue.isBusy(0));
      const again = queue.admit(user(at), first.retryAfterMs + 50);
      assert.ok(again.kind === 'admitted' && again.inMs === 0, 'the place was kept');
      admittedAt.push(first.retryAfterMs);
    }
    assert.equal(Math.round(Math.max(...admittedAt)), 2_498);
    for (let second = 0; second < 2_000; second += 500) {
      const within = admittedAt.filter((atMs) => atMs >= second && atMs < second + 1_000).length;
      assert.ok(within <= 401, `${within} within a second`);
    }
  });

  it('tells who comes too early to wait for the same place', () => {
    const queue = new ReturnQueue({ perSecond: 1, mostWaitMs: 100 });
    queue.admit(user(1), 0);
    queue.admit(user(2), 0);
    assert.deepEqual(queue.admit(user(2), 300), { kind: 'later', retryAfterMs: 700 });
    assert.deepEqual(queue.admit(user(2), 950), { kind: 'admitted', inMs: 50 });
  });

  it('forgets places that were not taken', () => {
    const queue = new ReturnQueue({ perSecond: 1, mostWaitMs: 100 });
    queue.admit(user(1), 0);
    queue.admit(user(2), 0);
    assert.equal(queue.isBusy(3_000), true);
    assert.equal(queue.isBusy(6_100), false);
  });

  it('never admits more per second than allowed, whoever comes when', () => {
    const arrivals = fc.array(fc.record({ user: fc.nat({ max: 30 }), afterMs: fc.nat({ max: 80 }) }), { maxLength: 80 });
    fc.assert(
      fc.property(arrivals, (come) => {
        const queue = new ReturnQueue({ perSecond: 20, mostWaitMs: 200 });
        const admitted: number[] = [];
        let nowMs = 0;
        for (const each of come) {
          nowMs += each.afterMs;
          const admission = queue.admit(user(each.user), nowMs);
          if (admission.kind === 'admitted') admitted.push(nowMs + admission.inMs);
        }
        // Who comes later than their place adds to those who have theirs now: at most as many as places are kept.
        for (const fromMs of admitted) {
          assert.ok(admitted.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000).length <= 21 + 30);
        }
      }),
      { numRuns: runs(200) },
    );
  });
});
