import assert from 'node:assert/strict';
import type { ServerId } from '#shared/ids.ts';
import { type HomePlace, HomewardPlan } from '#ucserver/sign-in/homeward-plan.ts';

const home = 'home' as ServerId;
const rules = {
  ...{ afterMs: 60_000, restartWindowMs: 600_000, mostAfterMs: 1_800_000, usersPerSecond: 50, belowFill: 0.8 },
};
const place = (more: Partial<HomePlace> = {}): HomePlace => ({
  ...{ id: home, users: 100, fill: 0.1, full: false, draining: false, suspected: false, healthySinceMs: 0 },
  ...more,
});

describe('homeward plan', () => {
  it('waits until the home server has been well for a minute', () => {
    const plan = new HomewardPlan(rules);
    plan.started({ serverId: home, life: 1 }, 0);
    assert.equal(plan.room(place(), 0, 59_999), 0);
    assert.equal(plan.room(place(), 0, 60_000), 700);
    assert.equal(plan.room(place({ healthySinceMs: 30_000 }), 0, 60_000), 0, 'a gap begins the minute anew');
  });

  it('sends nobody to a home server that is draining, full, silent or 80 % full', () => {
    const plan = new HomewardPlan(rules);
    for (const more of [
      { draining: true },
      { full: true },
      { suspected: true },
      { healthySinceMs: undefined },
      { users: 800, fill: 0.8 },
    ]) {
      assert.equal(plan.room(place(more), 0, 1_000_000), 0);
    }
  });

  it('counts who was sent lately', () => {
    const plan = new HomewardPlan(rules);
    assert.equal(plan.room(place({ users: 790, fill: 0.79 }), 0, 1_000_000), 10);
    assert.equal(plan.room(place({ users: 790, fill: 0.79 }), 10, 1_000_000), 0);
  });

  it('doubles the wait with each restart within ten minutes, up to half an hour', () => {
    const plan = new HomewardPlan(rules);
    const waits: number[] = [];
    for (let life = 1; life <= 8; life++) {
      plan.started({ serverId: home, life }, life * 100_000);
      waits.push(plan.waitMs(home) / 60_000);
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    plan.started({ serverId: home, life: 8 }, 800_001);
    assert.equal(plan.waitMs(home), 1_800_000, 'the same life is no restart');
    plan.started({ serverId: home, life: 9 }, 800_000 + 600_000);
    assert.equal(plan.waitMs(home), 60_000, 'after ten quiet minutes all is as at first');
  });

  it('sends at most so many per second, with jitter', () => {
    for (const usersPerSecond of [50, 3, 0.5]) {
      const plan = new HomewardPlan({ ...rules, usersPerSecond });
      for (const random of [0, 0.5, 0.99]) {
        const { users, nextInMs } = plan.pace(random);
        assert.ok((users / nextInMs) * 1_000 <= usersPerSecond + 1e-9);
      }
      assert.notEqual(plan.pace(0).nextInMs, plan.pace(0.9).nextInMs);
    }
  });
});
