import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { Incarnation } from '#shared/ids.ts';
import { type CallId, serverIdSchema, type UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { Health } from '#shared/runtime/health.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { JournalRowInput } from '#ucserver/journal/index.ts';
import { type KeptRow, keyOf, type NewRow, planRecord } from '#ucserver/journal/journal-plan.ts';
import { Writer } from '#ucserver/journal/writer.ts';
import { createOutbox, outboxConfigSchema, type RunningOutbox } from '#ucserver/outbox/index.ts';
import { MemoryDisk } from '../outbox/memory-disk.ts';
import { MemoryRedis, MemoryStore } from '../outbox/memory-store.ts';

/** What SQL keeps, and whether it can be reached. */
class MemorySql {
  isUp = true;
  readonly rows = new Map<string, KeptRow>();
  #listeners = new Set<() => void>();

  readonly storage = {
    canRead: true,
    canWrite: true,
    onChange: (listener: () => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  setUp(isUp: boolean): void {
    this.isUp = isUp;
    this.storage.canRead = isUp;
    this.storage.canWrite = isUp;
    for (const listener of this.#listeners) listener();
  }

  async record(list: readonly NewRow[]): Promise<readonly KeptRow[]> {
    if (!this.isUp) throw new UCError('STORAGE_UNAVAILABLE');
    const { insert, replace } = planRecord(list, [...this.rows.values()]);
    for (const row of [...insert, ...replace]) this.rows.set(keyOf(row), row);
    return [...insert, ...replace];
  }

  async held(keys: readonly NewRow[]): Promise<KeptRow[]> {
    if (!this.isUp) throw new UCError('STORAGE_UNAVAILABLE');
    return keys.flatMap((key) => this.rows.get(keyOf(key)) ?? []);
  }
}

describe('the writer of the journal', () => {
  const clock = new ManualClock();
  let sql: MemorySql;
  let redis: MemoryRedis;
  let disk: MemoryDisk;
  let outbox: RunningOutbox;
  let writer: Writer;
  let told: KeptRow[];
  const erased = new Set<UserId>();

  const start = async () => {
    const incarnation: Incarnation = { serverId: serverIdSchema.parse('s1'), life: 1 };
    outbox = await createOutbox({
      ...{ disk, store: new MemoryStore(redis, clock), storage: sql.storage, clock, logger: silentLogger },
      redis: {
        get isUp() {
          return redis.isUp;
        },
        get runId() {
          return String(redis.runId);
        },
        onBack: (listener) => redis.onBack(listener),
      },
      self: () => incarnation,
      members: { all: () => [] },
      config: outboxConfigSchema.parse({ drainPauseMs: 0 }),
      health: new Health(clock),
      registry: new Registry(),
    });
    writer = new Writer({
      ...{ repository: sql, outbox, storage: sql.storage, clock, logger: silentLogger },
      isErased: (userId) => erased.has(userId),
      onRecorded: (rows) => told.push(...rows),
      onSettled: () => undefined,
    });
    outbox.start();
  };
  beforeEach(async () => {
    [sql, redis, disk, told] = [new MemorySql(), new MemoryRedis(), new MemoryDisk(), []];
    await start();
  });
  afterEach(async () => {
    await writer.stop();
    await outbox.stop();
  });

  const rowOf = (id: string, changes: Partial<JournalRowInput> = {}): JournalRowInput => ({
    ...{ userId: 'ada' as UserId, callId: id as CallId, scenarioId: id as CallId, direction: 'incoming', scope: 'external' },
    ...{ peer: { number: '+4930123' }, startedAt: 1, endedAt: 2, result: 'missed', term: 1, ...changes },
  });
  const stored = () => [...sql.rows.keys()].sort();
  /** Lets time pass until something is so. */
  const until = async (isSo: () => boolean, what: string) => {
    for (let tries = 0; tries < 400 && !isSo(); tries++) {
      clock.advance(250);
      for (let turns = 0; turns < 20; turns++) await turn();
    }
    assert.ok(isSo(), what);
  };

  it('stores what comes together in one go, each call once', async () => {
    await Promise.all([writer.record(rowOf('a')), writer.record(rowOf('b')), writer.record(rowOf('a'))]);
    assert.deepEqual(stored(), ['ada/a', 'ada/b']);
    assert.equal(told.length, 2);
    assert.equal(disk.files.size, 0, 'nothing went through the spool');
  });

  it('spools while SQL is away, and stores it when that is over', async () => {
    sql.setUp(false);
    await writer.record(rowOf('a'));
    await writer.record(rowOf('a'));
    assert.equal(redis.content.items.size, 1);
    assert.deepEqual([stored(), told.length], [[], 2]);
    sql.setUp(true);
    await until(() => stored().length === 1 && redis.content.items.size === 0, 'it is stored');
  });

  it('goes to the outbox also when SQL fails without warning', async () => {
    sql.isUp = false;
    await writer.record(rowOf('a'));
    assert.equal(redis.content.items.size, 1);
    sql.isUp = true;
    await until(() => stored().length === 1, 'it is stored');
  });

  it('is content with the spool while Redis is away too, also when it is asked twice', async () => {
    sql.setUp(false);
    redis.setUp(false);
    await writer.record(rowOf('a'));
    await writer.record(rowOf('a'));
    assert.equal(redis.content.items.size, 0);
    redis.setUp(true);
    sql.setUp(true);
    await until(() => stored().length === 1 && redis.content.items.size === 0, 'it is stored');
    await until(() => disk.files.size === 0, 'the spool is empty');
  });

  it('finds what an earlier life has left in the spool', async () => {
    sql.setUp(false);
    redis.setUp(false);
    await writer.record(rowOf('a'));
    await outbox.stop();
    redis.setUp(true);
    sql.setUp(true);
    told = [];
    await start();
    await until(() => stored().length === 1, 'it is stored');
    assert.equal(told.length, 1, 'those whom it concerns hear of it');
  });

  it('keeps in memory what neither SQL nor the spool takes, and tries again', async () => {
    sql.setUp(false);
    disk.failNext = 'create';
    const done = writer.record(rowOf('a'));
    for (let turns = 0; turns < 50; turns++) await turn();
    assert.equal(redis.content.items.size, 0);
    await until(() => redis.content.items.size === 1, 'the second try succeeds');
    await done;
  });

  it('lets the row win that says more, in whichever order they come', async () => {
    sql.setUp(false);
    await writer.record(rowOf('a', { endedAt: 7, term: 1 }));
    await writer.record(rowOf('a', { endedAt: 5, term: 2, closedByOther: true }));
    sql.setUp(true);
    await until(() => redis.content.items.size === 0 && stored().length === 1, 'both have left the outbox');
    assert.equal(JSON.parse(sql.rows.get('ada/a')?.document ?? '{}').endedAt, 7);
  });

  it('writes nothing of erased people', async () => {
    erased.add('ada' as UserId);
    await writer.record(rowOf('a'));
    await writer.record(rowOf('a', { userId: 'bob' as UserId, peer: { userId: 'ada' as UserId, name: 'Ada', number: '101' } }));
    assert.deepEqual(stored(), ['bob/a']);
    assert.ok(!sql.rows.get('bob/a')?.document.includes('101'));
    erased.clear();
  });

  it('keeps of what came over the network what can be kept', async () => {
    await writer.record(rowOf('a', { peer: { name: `\u0000${'x'.repeat(500)}\ud800` } }));
    const { peer } = JSON.parse(sql.rows.get('ada/a')?.document ?? '{}') as { peer: { name: string } };
    assert.deepEqual([peer.name.length, peer.name.isWellFormed()], [200, true]);
    await assert.rejects(writer.record(rowOf('b', { startedAt: Number.NaN })));
  });
});
