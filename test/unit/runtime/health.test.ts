import assert from 'node:assert/strict';
import { Health } from '#shared/runtime/health.ts';
import { ManualClock } from '#test/support/manual-clock.ts';

describe('Health', () => {
  it('says what is away, since when and why', () => {
    const clock = new ManualClock(1_000);
    const health = new Health(clock);
    const redis = health.register('redis');
    redis.up();
    clock.advance(500);
    redis.away('connection refused');
    clock.advance(500);
    redis.away('timed out');
    assert.deepEqual(health.report().dependencies.redis, { state: 'away', sinceMs: 1_500, detail: 'timed out', needed: false });
    redis.up();
    assert.deepEqual(health.report().dependencies.redis, { state: 'up', sinceMs: 2_000, needed: false });
  });

  it('is ready while everything that is needed is up', () => {
    const health = new Health(new ManualClock());
    const accepting = health.register('accepting', { needed: true });
    health.register('sql').away('locked');
    assert.equal(health.report().ready, false);
    accepting.up();
    assert.equal(health.report().ready, true);
    accepting.away('draining');
    assert.equal(health.report().ready, false);
  });

  it('tells listeners about changes only', () => {
    const health = new Health(new ManualClock());
    const told: string[] = [];
    const forget = health.listen((name, { state }) => told.push(`${name} ${state}`));
    const redis = health.register('redis');
    redis.away('still starting');
    redis.up();
    redis.up();
    redis.away('gone');
    forget();
    redis.up();
    assert.deepEqual(told, ['redis up', 'redis away']);
    assert.throws(() => health.register('redis'), /reported already/);
  });
});
