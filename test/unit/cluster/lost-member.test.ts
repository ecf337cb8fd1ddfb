import assert from 'node:assert/strict';
import { reaperHoldMs } from '#shared/cluster/board.ts';
import { LostMemberReaper } from '#shared/cluster/lost-member.ts';
import { type IncarnationId, parseIncarnation } from '#shared/ids.ts';
import type { Tombstone } from '#shared/redis/records.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';

/** The rights to clear up, as Redis keeps them, on a clock that is turned by hand. */
class Rights {
  readonly #clock: Clock;
  holder: { by: string; untilMs: number } | undefined;
  forgotten = 0;
  away = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async bury(_tombstone: Tombstone, by: IncarnationId): Promise<'YOURS' | 'OTHER' | 'DONE'> {
    this.#answer();
    if (this.forgotten > 0) return 'DONE';
    if (this.holder && this.holder.by !== by && this.holder.untilMs > this.#clock.monotonicMs()) return 'OTHER';
    this.holder = { by, untilMs: this.#clock.monotonicMs() + reaperHoldMs };
    return 'YOURS';
  }

  async forget(_incarnation: IncarnationId, by: IncarnationId): Promise<boolean> {
    this.#answer();
    if (this.holder?.by !== by) return false;
    this.holder = undefined;
    this.forgotten++;
    return true;
  }

  #answer(): void {
    if (this.away) throw new RedisUnavailable('away', 'cut');
  }
}

describe('clearing up after a lost server', () => {
  const dead: Tombstone = { incarnation: 'three:1' as IncarnationId, by: 'one:1' as IncarnationId, reason: 'silent' };
  const lost = parseIncarnation(dead.incarnation);
  let clock: ManualClock;
  let rights: Rights;
  let log: string[];

  const reaperOf = (id: string) =>
    new LostMemberReaper({ board: rights, clock, logger: silentLogger, self: () => id as IncarnationId });

  beforeEach(() => {
    clock = new ManualClock();
    rights = new Rights(clock);
    log = [];
  });

  it('is done by one server, in the order of the steps', async () => {
    for (const id of ['one:1', 'two:1']) {
      const reaper = reaperOf(id);
      for (const step of ['owners', 'seats']) reaper.addStep(step, async () => void log.push(`${id} ${step}`));
      reaper.reap(lost, dead);
      reaper.reap(lost, dead);
    }
    await clock.pass(10_000);
    assert.deepEqual(log, ['one:1 owners', 'one:1 seats']);
    assert.equal(rights.forgotten, 1);
    assert.equal(clock.pendingTimers, 0);
  });

  it('is taken over when the reaper dies at it, and repeats the steps', async () => {
    const [one, two] = [reaperOf('one:1'), reaperOf('two:1')];
    one.addStep('owners', () => new Promise<never>(() => undefined));
    two.addStep('owners', async () => void log.push('two owners'));
    one.reap(lost, dead);
    two.reap(lost, dead);
    await clock.pass(4_000);
    assert.deepEqual(log, []);
    one.stop();
    await clock.pass(7_000);
    assert.deepEqual(log, ['two owners']);
  });

  it('keeps its right by renewing, however long a step takes', async () => {
    const [one, two] = [reaperOf('one:1'), reaperOf('two:1')];
    const { promise, resolve } = Promise.withResolvers<void>();
    one.addStep('owners', async () => promise);
    two.addStep('owners', async () => void log.push('two owners'));
    one.reap(lost, dead);
    two.reap(lost, dead);
    await clock.pass(60_000);
    resolve();
    await clock.pass(10_000);
    assert.deepEqual(log, []);
    assert.equal(rights.forgotten, 1);
  });

  it('stops at a step during which its right was lost', async () => {
    const one = reaperOf('one:1');
    one.addStep('owners', async () => {
      rights.holder = { by: 'two:1', untilMs: clock.monotonicMs() + 60_000 };
      await new Promise<void>((resolve) => clock.after(2_000, resolve));
    });
    one.addStep('seats', async () => void log.push('seats'));
    one.reap(lost, dead);
    await clock.pass(2_200);
    one.stop();
    assert.deepEqual(log, []);
  });

  it('is tried again after a failure and when Redis is back', async () => {
    const one = reaperOf('one:1');
    let failures = 2;
    one.addStep('owners', async () => {
      if (failures-- > 0) throw new Error('SQL is away');
      log.push('owners');
    });
    rights.away = true;
    one.reap(lost, dead);
    await clock.pass(3_000);
    rights.away = false;
    one.retryNow();
    await clock.pass(2_000);
    assert.deepEqual(log, ['owners']);
    assert.equal(rights.forgotten, 1);
  });

  it('knows each step by one name', () => {
    const one = reaperOf('one:1');
    const remove = one.addStep('owners', async () => undefined);
    assert.throws(() => one.addStep('owners', async () => undefined), /already/);
    remove();
    one.addStep('owners', async () => undefined);
  });
});
