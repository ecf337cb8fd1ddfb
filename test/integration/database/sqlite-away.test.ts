import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { leastMs } from '#test/support/measured.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { migrate } from '#ucserver/database/index.ts';
import { migrationProcedures } from '#ucserver/database/migrations/index.ts';
import { SqliteDatabase } from '#ucserver/database/sqlite/sqlite-database.ts';
import { testProcedures as procedures } from '../../contract/database-procedures.ts';

/** Longer than anything would take that does not wait. */
const longWaitMs = 30_000;

const isAway = (error: unknown) => error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE';

describe('SQLite that cannot be written or found', function () {
  this.timeout(60_000);
  const watch = new HandleWatch();
  let folder: TempFolder;
  let file: string;
  let database: SqliteDatabase;
  /** Every change of health, writes and reads. */
  let health: string[];

  function open(): SqliteDatabase {
    const opened = new SqliteDatabase({
      file,
      readers: 1,
      procedures: [migrationProcedures, procedures],
      clock: systemClock,
      logger: silentLogger,
    });
    opened.onHealth(({ writes, reads }) => health.push(`${writes} ${reads}`));
    return opened;
  }

  beforeEach(async () => {
    folder = new TempFolder('sqlite-away');
    file = folder.file('company', 'shared.db');
    health = [];
    database = open();
    await migrate(database, { appliedAt: Date.now() });
    await database.run(procedures.create, { id: 'a', at: 1 });
  });
  afterEach(async () => {
    await database.close();
    folder.remove();
    await watch.check();
  });

  const heads = () => database.read(database.queries.db.selectFrom('conversations').select('last_seq').where('id', '=', 'a'));
  const raise = (waitMs = 1_000) => database.run(procedures.raise, { id: 'a' }, { waitMs });

  /** Takes the room of several pages. */
  function fill(seq: number, waitMs = 1_000): Promise<unknown> {
    const entry = { conversation_id: 'a', seq, entry_id: `e${seq}`, author_id: 'a', kind: 'message', accepted_at: 1 };
    return database.run(procedures.insertEntry, { ...entry, body: 'x'.repeat(50_000), target_id: null }, { waitMs });
  }

  /** Writing is refused at once, and as long as the reason lasts the database does not seem to be back. */
  async function writesAreAway(): Promise<void> {
    assert.deepEqual(database.health, { writes: 'away', reads: 'up' });
    const quickMs = await leastMs(() => assert.rejects(raise(), isAway));
    assert.ok(quickMs < 500, 'while away nobody waits');
    assert.deepEqual(await heads(), [{ last_seq: 0 }], 'reading goes on');
    // It is asked every 250 ms.
    await never(() => health.length > 1, 700, 'it seemed to be back');
    assert.deepEqual(health, ['away up']);
  }

  it('says that writes are away while it is full, and comes back when there is room', async () => {
    database.setPragma('max_page_count = 1');
    const beganMs = performance.now();
    await assert.rejects(fill(1, longWaitMs), isAway);
    assert.ok(performance.now() - beganMs < longWaitMs / 2, 'waiting makes no room');
    await writesAreAway();
    database.setPragma('max_page_count = 1000000');
    await eventually(() => database.health.writes === 'up', { withinMs: 3_000 });
    await fill(1);
    assert.equal(await raise(), 1, 'nothing that was refused was stored');
    assert.deepEqual(health, ['away up', 'up up']);
  });

  it('takes back everything of a group that found it full', async () => {
    database.setPragma('max_page_count = 1');
    const outcomes = await Promise.allSettled([raise(), fill(1), raise()]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && isAway(outcome.reason)),
      [true, true, true],
    );
    assert.deepEqual(await heads(), [{ last_seq: 0 }]);
  });

  it('says that writes are away while it is read-only, and comes back', async () => {
    database.setPragma('query_only = on');
    const beganMs = performance.now();
    await assert.rejects(raise(longWaitMs), isAway);
    assert.ok(performance.now() - beganMs < longWaitMs / 2, 'waiting does not help');
    await writesAreAway();
    database.setPragma('query_only = off');
    await eventually(() => database.health.writes === 'up', { withinMs: 3_000 });
    assert.equal(await raise(), 1);
  });

  it('says that all is away while its file was moved, makes no other one, and goes on when it is back', async () => {
    await raise();
    renameSync(file, `${file}.moved`);
    // The log that was left behind takes what comes before that is noticed.
    let raised = 1;
    await eventually(async () => {
      await assert.rejects(
        raise().then(() => raised++),
        isAway,
      );
      await assert.rejects(heads(), isAway);
    });
    assert.deepEqual(database.health, { writes: 'away', reads: 'away' });
    await database.crashThreads();
    await assert.rejects(database.run(procedures.raise, { id: 'a' }, { waitMs: 1_200 }), isAway);
    assert.equal(existsSync(file), false, 'no empty database takes its place');
    renameSync(`${file}.moved`, file);
    await eventually(() => database.health.writes === 'up' && database.health.reads === 'up', { withinMs: 5_000 });
    assert.deepEqual(await heads(), [{ last_seq: raised }], 'what was acknowledged is there');
    assert.equal(await raise(), raised + 1);
  });

  it('makes no other file either when it has only read the one that was moved', async () => {
    await database.close();
    health = [];
    database = open();
    await heads();
    renameSync(file, `${file}.moved`);
    await assert.rejects(raise(), isAway);
    await eventually(() => assert.rejects(heads(), isAway));
    assert.equal(existsSync(file), false);
    renameSync(`${file}.moved`, file);
    await eventually(() => database.health.writes === 'up' && database.health.reads === 'up', { withinMs: 5_000 });
    assert.equal(await raise(), 1);
  });

  it('says that all is away while something that is no database stands in its place', async () => {
    renameSync(file, `${file}.moved`);
    mkdirSync(file);
    await eventually(() => assert.rejects(raise(), isAway));
    await eventually(() => assert.rejects(heads(), isAway));
    renameSync(file, `${file}.folder`);
    renameSync(`${file}.moved`, file);
    await eventually(() => database.health.writes === 'up' && database.health.reads === 'up', { withinMs: 5_000 });
    assert.deepEqual(await heads(), [{ last_seq: await headInFile() }]);
  });

  it('starts before its file can be opened, and uses it as soon as it can', async () => {
    await raise();
    await database.close();
    renameSync(file, `${file}.moved`);
    mkdirSync(file);
    health = [];
    database = open();
    await assert.rejects(raise(), isAway);
    await assert.rejects(heads(), isAway);
    renameSync(file, `${file}.folder`);
    renameSync(`${file}.moved`, file);
    await eventually(() => database.health.writes === 'up' && database.health.reads === 'up', { withinMs: 5_000 });
    assert.deepEqual(await heads(), [{ last_seq: 1 }]);
  });

  async function headInFile(): Promise<number> {
    const reader = new DatabaseSync(file, { readOnly: true });
    const row = reader.prepare("select last_seq from conversations where id = 'a'").get();
    reader.close();
    return Number(row?.last_seq);
  }
});
