import { UCError } from '#shared/protocol/errors.ts';
import { type MigrationResult, migrationProcedures, migrations } from './migrations/index.ts';
import { type Database, StatementError } from './port.ts';

/** How long one server waits for another that migrates, ms. */
const migrationWaitMs = 60_000;

export interface MigrateOptions {
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  readonly waitMs?: number;
  /** A database that cannot be read is not waited for. */
  readonly mustRead?: boolean;
}

/**
 * Brings the tables up to date, under a lock: any number of servers may do so at once.
 * @throws UCError STORAGE_UNAVAILABLE
 */
export async function migrate(
  database: Database,
  { appliedAt, waitMs = migrationWaitMs, mustRead = false }: MigrateOptions,
): Promise<MigrationResult> {
  const present = await appliedNames(database, mustRead);
  const unknown = present.filter((name) => !migrations.some((migration) => migration.name === name));
  // The usual start asks for no lock, so it also works while somebody else holds it.
  if (present.length - unknown.length === migrations.length) return { applied: [], unknown };
  return database.run(migrationProcedures.migrate, { appliedAt }, { waitMs });
}

async function appliedNames(database: Database, mustRead: boolean): Promise<string[]> {
  try {
    const rows = await database.read(database.queries.db.selectFrom('migrations').select('name'));
    return rows.map(({ name }) => name);
  } catch (error) {
    // A database without a version table is a new one; for one that cannot be read now the transaction has more patience.
    const isAway = error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE';
    if (error instanceof StatementError || (isAway && !mustRead)) return [];
    throw error;
  }
}
