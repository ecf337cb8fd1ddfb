import { sql } from 'kysely';
import { change, first as firstRow, procedureSet, rows, type Steps } from '../procedure.ts';
import type { Queries } from '../queries.ts';
import { first } from './0001-first.ts';
import { chatFeatures } from './0002-chat-features.ts';
import { groups } from './0003-groups.ts';
import { files } from './0004-files.ts';
import { search } from './0005-search.ts';
import { drafts } from './0006-drafts.ts';
import { licensing } from './0007-licensing.ts';
import { sipDevices } from './0008-sip-devices.ts';
import { journal } from './0009-journal.ts';
import { trunks } from './0010-trunks.ts';
import { dialects, type Migration } from './migration.ts';

/** All migrations, oldest first. */
export const migrations: readonly Migration[] = [
  first,
  chatFeatures,
  groups,
  files,
  search,
  drafts,
  licensing,
  sipDevices,
  journal,
  trunks,
];

export interface MigrationResult {
  readonly applied: readonly string[];
  /** Applied by a newer version of ucmesh; ours works beside it. */
  readonly unknown: readonly string[];
}

/** Held to the end of the transaction, so that of several servers that start at once one migrates and the others find it done. */
function* lock({ engine, db }: Queries): Steps<void> {
  // On SQLite the transaction is already the only writer.
  if (engine === 'sqlite') return;
  const query = sql<{ granted: number }>`declare @granted int;
    exec @granted = sp_getapplock @Resource = 'ucmesh.migrate', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 60000;
    select @granted as granted`.compile(db);
  const answer = yield* firstRow(query);
  if (answer === undefined || answer.granted < 0) throw new Error('another server holds the migration lock');
}

function* createVersionTable({ engine }: Queries): Steps<void> {
  const { exact, bigint } = dialects[engine];
  const columns = `(name ${exact(128)} not null primary key, applied_at ${bigint} not null)`;
  yield {
    sql:
      engine === 'sqlite'
        ? `create table if not exists migrations ${columns}`
        : `if object_id('migrations') is null create table migrations ${columns}`,
    sets: [[]],
  };
}

export const migrationProcedures = procedureSet('migrations', import.meta.url, {
  /** Brings the schema up to date; a no-op when it is. */
  *migrate(queries, { appliedAt }: { appliedAt: number }): Steps<MigrationResult> {
    yield* lock(queries);
    yield* createVersionTable(queries);
    const present = new Set((yield* rows(queries.db.selectFrom('migrations').select('name'))).map(({ name }) => name));
    const missing = migrations.filter(({ name }) => !present.has(name));
    for (const { name, statements } of missing) {
      for (const text of statements(dialects[queries.engine], appliedAt)) yield { sql: text, sets: [[]] };
      yield* change(queries.db.insertInto('migrations').values({ name, applied_at: appliedAt }));
    }
    const known = new Set(migrations.map(({ name }) => name));
    return { applied: missing.map(({ name }) => name), unknown: [...present].filter((name) => !known.has(name)) };
  },
});
