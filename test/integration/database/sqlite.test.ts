import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { endProcess, spawnBound } from '#test/support/child-process.ts';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { leastMs, measured } from '#test/support/measured.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { readFeed, readPosition } from '#ucserver/database/change-feed.ts';
import { migrate } from '#ucserver/database/index.ts';
import { migrationProcedures, migrations } from '#ucserver/database/migrations/index.ts';
import { SqliteDatabase } from '#ucserver/database/sqlite/sqlite-database.ts';
import { testProcedures as procedures } from '../../contract/database-procedures.ts';

const childFile = fileURLToPath(new URL('./child.ts', import.meta.url));

function isAway(error: unknown): boolean {
  return error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE';
}

describe('SQLite shared by processes', function () {
  this.timeout(60_000);
  const watch = new HandleWatch();
  let folder: TempFolder;
  let database: SqliteDatabase;
  let children: ChildProcess[];

  beforeEach(() => {
    folder = new TempFolder('sqlite');
    database = new SqliteDatabase({
      file: folder.file('shared.db'),
      readers: 1,
      procedures: [migrationProcedures, procedures],
      clock: systemClock,
      logger: silentLogger,
    });
    children = [];
  });
  afterEach(async () => {
    for (const child of children) await endProcess(child);
    await database.close();
    folder.remove();
    await watch.check();
  });

  /** @returns the process after its first line, and its output so far and to come */
  async function start(...args: string[]): Promise<{ child: ChildProcess; output: () => string }> {
    const child = spawnBound(process.execPath, [childFile, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await eventually(() => text.includes('ready'), { withinMs: 25_000, what: `${args[0]} is ready` });
    return { child, output: () => text };
  }

  async function exited(child: ChildProcess): Promise<void> {
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0);
  }

  async function migrated(): Promise<void> {
    await migrate(database, { appliedAt: Date.now() });
  }

  it('says within 1–2 s that writes are away while a stopped process holds the lock; reads go on; all comes back by itself', async () => {
    await migrated();
    await database.run(procedures.create, { id: 'a', at: 1 });
    const { child } = await start('lock', folder.file('shared.db'));
    child.kill('SIGSTOP');
    const startMs = performance.now();
    await assert.rejects(database.run(procedures.raise, { id: 'a' }), isAway);
    const waitedMs = performance.now() - startMs;
    assert.ok(waitedMs > 900, `${waitedMs} ms`);
    measured('writes are known to be away', waitedMs, 2_000);
    assert.deepEqual(database.health, { writes: 'away', reads: 'up' });
    const quickMs = await leastMs(() => assert.rejects(database.run(procedures.raise, { id: 'a' }), isAway));
    assert.ok(quickMs < 500, 'while away nobody waits');
    const rows = await database.read(database.queries.db.selectFrom('conversations').select('last_seq'));
    assert.deepEqual(rows, [{ last_seq: 0 }]);
    const health: string[] = [];
    database.onHealth(({ writes }) => health.push(writes));
    await endProcess(child);
    await eventually(() => database.health.writes === 'up', { withinMs: 3_000 });
    assert.equal(await database.run(procedures.raise, { id: 'a' }), 1, 'nothing that was refused was stored');
    assert.deepEqual(health, ['up']);
  });

  it('says so too when nobody can read', async () => {
    await migrated();
    await database.close();
    const { child } = await start('lock-out', folder.file('shared.db'));
    database = new SqliteDatabase({
      file: folder.file('shared.db'),
      readers: 1,
      procedures: [procedures],
      clock: systemClock,
      logger: silentLogger,
    });
    await assert.rejects(readPosition(database), isAway);
    assert.equal(database.health.reads, 'away');
    child.stdin?.write('go');
    await exited(child);
    await eventually(() => database.health.reads === 'up', { withinMs: 3_000 });
    assert.equal((await readPosition(database)).version, 0);
  });

  it('waits for a lock that is held shortly', async () => {
    await migrated();
    await database.run(procedures.create, { id: 'a', at: 1 });
    const { child } = await start('lock', folder.file('shared.db'));
    const raised = database.run(procedures.raise, { id: 'a' });
    child.stdin?.write('go');
    assert.equal(await raised, 1);
    assert.equal(database.health.writes, 'up');
  });

  it('migrates once when five servers start at once', async () => {
    const servers = await Promise.all(Array.from({ length: 5 }, () => start('migrate', folder.file('shared.db'))));
    await Promise.all(servers.map(({ child }) => exited(child)));
    const applied = servers.map(({ output }) => output().trim().split('\n').at(-1));
    assert.equal(applied.filter((names) => names !== '[]').length, 1, applied.join(' '));
    const rows = await database.read(database.queries.db.selectFrom('migrations').select('name'));
    assert.deepEqual(
      rows,
      migrations.map(({ name }) => ({ name })),
    );
  });

  it('shows changes of several processes in order and none too late', async () => {
    await migrated();
    const each = 150;
    const first = await readPosition(database);
    const writers = await Promise.all([1, 2].map(() => start('record', folder.file('shared.db'), String(each))));
    let position = first;
    const seen = new Set<string>();
    const own = Array.from({ length: 50 }, (_, turn) => database.run(procedures.record, { ids: [`own-${turn}`], at: 1 }));
    await eventually(
      async () => {
        const reading = await readFeed(database, position);
        assert.equal(reading.outcome, 'changes');
        if (reading.outcome !== 'changes') return false;
        for (const id of reading.changed.get('test') ?? []) {
          assert.ok(!seen.has(id), `${id} was seen twice`);
          seen.add(id);
        }
        // A change that became visible below a version that was read already would be missing at the end.
        position = reading.position;
        return seen.size === 2 * each + 50;
      },
      { withinMs: 40_000, everyMs: 1, what: 'all changes are seen' },
    );
    assert.equal(position.version, 2 * each + 50);
    await Promise.all(own);
    await Promise.all(writers.map(({ child }) => exited(child)));
  });

  it('starts its threads again when they die, and tells what it does not know', async () => {
    await migrated();
    await database.run(procedures.create, { id: 'a', at: 1 });
    const lost = database.run(procedures.raise, { id: 'a' });
    await Promise.all([
      assert.rejects(lost, (error) => error instanceof UCError && error.code === 'OUTCOME_UNKNOWN'),
      database.crashThreads(),
    ]);
    const head = await eventually(() => database.run(procedures.raise, { id: 'a' }), { withinMs: 5_000 });
    assert.ok(head === 1 || head === 2);
    const rows = await database.read(database.queries.db.selectFrom('conversations').select('last_seq'));
    assert.deepEqual(rows, [{ last_seq: head }]);
  });

  it('leaves a whole file when its process is killed while it writes', async () => {
    await migrated();
    const child = spawnBound(process.execPath, [childFile, 'record', folder.file('shared.db'), '100000'], { stdio: 'ignore' });
    children.push(child);
    await eventually(async () => (await readPosition(database)).version > 200, { withinMs: 10_000 });
    await endProcess(child);
    const { version } = await readPosition(database);
    const count = database.queries.db.selectFrom('changes').select((eb) => eb.fn.countAll<number>().as('count'));
    assert.deepEqual(await database.read(count), [{ count: version }]);
    await database.run(procedures.record, { ids: ['after'], at: 1 });
  });
});
