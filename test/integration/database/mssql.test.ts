import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { leastMs, measured } from '#test/support/measured.ts';
import { databaseConfigSchema } from '#ucserver/database/config.ts';
import type { Database } from '#ucserver/database/index.ts';
import { MssqlDatabase } from '#ucserver/database/mssql/mssql-database.ts';
import { testProcedures } from '../../contract/database-procedures.ts';

function isAway(error: unknown): boolean {
  return error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE';
}

describe('SQL Server that is away', function () {
  this.timeout(60_000);
  const watch = new HandleWatch();
  let listener: Server;
  let database: Database;
  let sockets: Set<Socket>;

  beforeEach(async () => {
    sockets = new Set();
    listener = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const config = databaseConfigSchema.parse({
      engine: 'mssql',
      host: '127.0.0.1',
      port,
      database: 'd',
      user: 'u',
      password: 'p',
    });
    assert.ok(config.engine === 'mssql');
    database = new MssqlDatabase({ config, clock: systemClock, logger: silentLogger });
  });
  afterEach(async () => {
    await database.close();
    for (const socket of sockets) socket.destroy();
    listener.close();
    await watch.check();
  });

  async function refusesSoon(promisedMs: number): Promise<void> {
    const startMs = performance.now();
    await Promise.all([
      assert.rejects(database.run(testProcedures.create, { id: 'a', at: 1 }), isAway),
      assert.rejects(database.read(database.queries.db.selectFrom('users').select('id')), isAway),
    ]);
    measured('it is known to be away', performance.now() - startMs, promisedMs);
    assert.deepEqual(database.health, { reads: 'away', writes: 'away' });
    const quickMs = await leastMs(() => assert.rejects(database.run(testProcedures.create, { id: 'a', at: 1 }), isAway));
    assert.ok(quickMs < 500, 'while away nobody waits');
  }

  it('is told at once when it refuses connections', async () => {
    listener.close();
    await refusesSoon(2_000);
  });

  it('is told within seconds when it does not answer', () => refusesSoon(6_000));
});
