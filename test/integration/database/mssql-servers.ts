import type { Context } from 'mocha';
import sql from 'mssql';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { skipBecause } from '#test/support/skip.ts';
import { TdsServer } from '#test/support/tds-server.ts';
import { databaseConfigSchema, type MssqlConfig } from '#ucserver/database/config.ts';
import { migrate } from '#ucserver/database/index.ts';
import { MssqlDatabase } from '#ucserver/database/mssql/mssql-database.ts';

/** A SQL Server for one test, whose database can be made to refuse what writes. */
export interface TestSqlServer extends AsyncDisposable {
  readonly config: MssqlConfig;
  /** How many transactions it has committed, counted in its own way. */
  written(): Promise<number>;
  refuseWrites(what: 'read-only' | 'full'): Promise<void>;
  takeWrites(): Promise<void>;
}

const refusals = {
  'read-only': { number: 3906, text: 'Failed to update database because the database is read-only.' },
  full: { number: 1105, text: 'Could not allocate space because the PRIMARY filegroup is full.' },
} as const;

/** A stand-in, which is always there. */
export async function standIn(): Promise<TestSqlServer & { readonly tds: TdsServer }> {
  const tds = await TdsServer.start();
  const address = { host: '127.0.0.1', port: tds.port, database: 'd', user: 'u', password: 'p' };
  return {
    tds,
    config: mssqlConfig({ ...address, encrypt: 'off' }),
    written: async () => tds.commits,
    async refuseWrites(what) {
      tds.refusesWrites = refusals[what];
    },
    async takeWrites() {
      tds.refusesWrites = undefined;
    },
    [Symbol.asyncDispose]: () => tds[Symbol.asyncDispose](),
  };
}

/** A database of its own on the server that `UCMESH_TEST_MSSQL` names; its login must be allowed to create one. */
export async function sqlServer(context: Context): Promise<TestSqlServer> {
  const address = process.env.UCMESH_TEST_MSSQL;
  if (address === undefined) return skipBecause(context, 'no SQL Server: UCMESH_TEST_MSSQL is not set');
  const url = new URL(address);
  const name = `ucmesh_away_${randomId().replaceAll('-', '_')}`;
  const config = mssqlConfig({
    ...{ host: url.hostname, port: url.port === '' ? 1433 : Number(url.port), database: name },
    ...{ user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) },
    ...{ encrypt: url.searchParams.get('encrypt') ?? 'off', trustServerCertificate: true },
  });
  const { host: server, port, user, password } = config;
  const options = { encrypt: config.encrypt !== 'off', trustServerCertificate: true };
  const admin = await new sql.ConnectionPool({ server, port, user, password, database: 'master', options }).connect();
  const ask = (text: string) => admin.request().batch(text);
  await ask(`create database ${name}`);
  const database = new MssqlDatabase({ config, clock: systemClock, logger: silentLogger });
  await migrate(database, { appliedAt: Date.now() });
  await database.close();
  const sizes = async (): Promise<{ name: string; size: number }[]> =>
    (await ask(`select name, size from ${name}.sys.database_files where type = 0`)).recordset;
  const limit = async (most: (pages: number) => string) => {
    for (const file of await sizes())
      await ask(`alter database ${name} modify file (name = '${file.name}', maxsize = ${most(file.size)})`);
  };
  return {
    config,
    written: async () => (await ask(`select count(*) as rows_there from ${name}.dbo.conversations`)).recordset[0].rows_there,
    refuseWrites: (what) =>
      what === 'full'
        ? limit((pages) => `${pages * 8} KB`)
        : ask(`alter database ${name} set read_only with rollback immediate`).then(() => undefined),
    async takeWrites() {
      await ask(`alter database ${name} set read_write with rollback immediate`);
      await limit(() => 'unlimited');
    },
    async [Symbol.asyncDispose]() {
      await ask(`alter database ${name} set single_user with rollback immediate; drop database ${name}`);
      await admin.close();
    },
  };
}

function mssqlConfig(fields: object): MssqlConfig {
  const config = databaseConfigSchema.parse({ engine: 'mssql', ...fields });
  if (config.engine !== 'mssql') throw new Error('this is another engine');
  return config;
}
