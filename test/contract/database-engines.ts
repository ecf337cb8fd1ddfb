// Loaded before the tests begin, because it leaves global names behind, which the test runner would take for leaks of a test.
import 'mssql';
import type { Context } from 'mocha';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { skipBecause } from '#test/support/skip.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import {
  type Database,
  type DatabaseConfig,
  databaseConfigSchema,
  migrate,
  openDatabase,
  type ProcedureSet,
} from '#ucserver/database/index.ts';

/** Engines a suite runs on: SQLite always, SQL Server when `UCMESH_TEST_MSSQL` holds `mssql://user:password@host:port/database`. */
export const engines = ['sqlite', 'mssql'] as const;

export interface TestDatabase extends AsyncDisposable {
  readonly config: DatabaseConfig;
  readonly database: Database;
}

function configFor(engine: (typeof engines)[number], folder: TempFolder, context: Context): DatabaseConfig {
  if (engine === 'sqlite') return databaseConfigSchema.parse({ engine, file: folder.file('test.db') });
  const address = process.env.UCMESH_TEST_MSSQL;
  if (address === undefined) {
    folder.remove();
    return skipBecause(context, 'no SQL Server: UCMESH_TEST_MSSQL is not set');
  }
  const url = new URL(address);
  return databaseConfigSchema.parse({
    engine,
    host: url.hostname,
    port: url.port === '' ? undefined : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    encrypt: url.searchParams.get('encrypt') ?? 'off',
    trustServerCertificate: true,
  });
}

/** A migrated database of the engine with these procedures; gone at the end of an `await using` block. */
export async function openTestDatabase(
  engine: (typeof engines)[number],
  context: Context,
  procedures: readonly ProcedureSet[] = [],
): Promise<TestDatabase> {
  const folder = new TempFolder('database');
  const config = configFor(engine, folder, context);
  const database = await openDatabase({ config, procedures, clock: systemClock, logger: silentLogger });
  await migrate(database, { appliedAt: Date.now() });
  return {
    config,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      folder.remove();
    },
  };
}
