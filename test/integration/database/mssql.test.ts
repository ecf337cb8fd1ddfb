// Loaded before the tests begin, because it leaves global names behind, which the test runner would take for leaks of a test.
import 'mssql';
import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { Link } from '#test/support/link.ts';
import { measured } from '#test/support/measured.ts';
import type { MssqlConfig } from '#ucserver/database/config.ts';
import { MssqlDatabase } from '#ucserver/database/mssql/mssql-database.ts';
import { testProcedures } from '../../contract/database-procedures.ts';
import { sqlServer, standIn, type TestSqlServer } from './mssql-servers.ts';

function isAway(error: unknown): boolean {
  return error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE';
}

for (const [name, start] of [
  ['a stand-in that speaks its protocol', standIn],
  ['the one that UCMESH_TEST_MSSQL names', sqlServer],
] as const) {
  describe(`SQL Server that is away: ${name}`, function () {
    this.timeout(30_000);
    const watch = new HandleWatch();
    let server: TestSqlServer;
    let link: Link;
    let database: MssqlDatabase;
    /** Every change of health, writes and reads. */
    let health: string[];

    beforeEach(async function () {
      server = await start(this);
      link = await Link.open({ target: server.config });
      database = open({ ...server.config, host: link.host, port: link.port });
      await write();
    });
    afterEach(async () => {
      await link?.heal();
      await database?.close();
      await link?.close();
      await server?.[Symbol.asyncDispose]();
      await watch.check();
    });

    function open(config: MssqlConfig): MssqlDatabase {
      const opened = new MssqlDatabase({ config, clock: systemClock, logger: silentLogger });
      health = [];
      opened.onHealth(({ writes, reads }) => health.push(`${writes} ${reads}`));
      return opened;
    }

    const write = () => database.run(testProcedures.create, { id: randomId(), at: 1 });
    const read = () => database.read(database.queries.db.selectFrom('users').select('id'));
    /** Writes until there is no room left. */
    async function fill(): Promise<never> {
      const entry = { conversation_id: 'full', author_id: 'a', kind: 'message', accepted_at: 1, target_id: null };
      const body = 'x'.repeat(100_000);
      for (let seq = 1; ; seq++) await database.run(testProcedures.insertEntry, { ...entry, seq, entry_id: `e${seq}`, body });
    }

    async function isNoticed(promisedMs: number): Promise<void> {
      const startMs = performance.now();
      await Promise.all([assert.rejects(write(), isAway), assert.rejects(read(), isAway)]);
      measured('it is noticed', performance.now() - startMs, promisedMs);
      assert.deepEqual(database.health, { reads: 'away', writes: 'away' });
      const quickMs = performance.now();
      await assert.rejects(write(), isAway);
      measured('while away a call is refused', performance.now() - quickMs, 10);
    }

    const back = () => eventually(() => database.health.writes === 'up' && database.health.reads === 'up', { withinMs: 10_000 });

    it('is noticed at once when it refuses connections, and comes back', async () => {
      await link.refuse();
      await isNoticed(100);
      await link.heal();
      await back();
      await write();
      await read();
    });

    it('is noticed in little over a second when it hangs, and comes back', async () => {
      link.hang();
      await isNoticed(1_100);
      await link.heal();
      await back();
      await write();
      await read();
    });

    it('is noticed in little over a second when it is slow, and nothing that was refused is stored', async () => {
      const before = await server.written();
      link.delay(700);
      await isNoticed(1_100);
      await never(() => database.health.writes === 'up', 1_000, 'it seemed to be back');
      link.delay(0);
      await back();
      assert.equal(await server.written(), before);
    });

    it('is noticed when it vanishes without a word', async () => {
      link.hang();
      link.halfOpen('client');
      await isNoticed(1_100);
      await link.heal();
      await back();
    });

    for (const what of ['read-only', 'full'] as const) {
      it(`refuses writing while it is ${what}, and reading goes on`, async () => {
        await server.refuseWrites(what);
        await assert.rejects(what === 'full' ? fill() : write(), isAway);
        assert.deepEqual(database.health, { reads: 'up', writes: 'away' });
        await read();
        const quickMs = performance.now();
        await assert.rejects(write(), isAway);
        measured('while away a call is refused', performance.now() - quickMs, 10);
        await never(() => health.at(-1) !== 'away up', 1_500, 'it seemed to be back');
        await server.takeWrites();
        await back();
        await write();
      });
    }
  });
}

describe('SQL Server whose answer to a commit is lost', function () {
  this.timeout(20_000);

  it('leaves the outcome unknown, and counts as away', async () => {
    await using server = await standIn();
    await using link = await Link.open({ target: server.config });
    const config = { ...server.config, host: link.host, port: link.port };
    const database = new MssqlDatabase({ config, clock: systemClock, logger: silentLogger });
    const write = () => database.run(testProcedures.create, { id: randomId(), at: 1 });
    await write();
    server.tds.beforeCommit = () => link.hang('toClient');
    const startMs = performance.now();
    await assert.rejects(write(), { code: 'OUTCOME_UNKNOWN' });
    measured('it is noticed', performance.now() - startMs, 1_100);
    assert.equal(database.health.writes, 'away');
    assert.equal(await server.written(), 2);
    await link.heal();
    await eventually(() => database.health.writes === 'up', { withinMs: 10_000 });
    await database.close();
  });
});

describe('SQL Server that is away from the beginning', function () {
  this.timeout(20_000);

  it('is noticed in little over a second, whether it refuses or never answers', async () => {
    await using server = await standIn();
    for (const hangs of [true, false]) {
      await using link = await Link.open({ target: server.config });
      if (hangs) link.hang();
      else await link.refuse();
      const config = { ...server.config, host: link.host, port: link.port };
      const database = new MssqlDatabase({ config, clock: systemClock, logger: silentLogger });
      const startMs = performance.now();
      await assert.rejects(database.run(testProcedures.create, { id: randomId(), at: 1 }), isAway);
      measured('it is noticed', performance.now() - startMs, 1_100);
      await link.heal();
      await eventually(() => database.health.writes === 'up', { withinMs: 10_000 });
      await database.close();
    }
  });
});
