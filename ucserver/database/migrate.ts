import { type MigrationResult, migrationProcedures } from './migrations/index.ts';
import type { Database } from './port.ts';

/** How long one server waits for another that migrates, ms. */
const migrationWaitMs = 60_000;

export interface MigrateOptions {
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  readonly waitMs?: number;
}

/**
 * Brings the tables up to date, under a lock: any number of servers may do so at once.
 * @throws UCError STORAGE_UNAVAILABLE
 */
export function migrate(database: Database, { appliedAt, waitMs = migrationWaitMs }: MigrateOptions): Promise<MigrationResult> {
  return database.run(migrationProcedures.migrate, { appliedAt }, { waitMs });
}
