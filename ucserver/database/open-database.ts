import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { auditProcedures } from './audit.ts';
import type { DatabaseConfig } from './config.ts';
import { housekeepingProcedures } from './housekeeping.ts';
import { migrationProcedures } from './migrations/index.ts';
import type { Database } from './port.ts';
import type { ProcedureSet } from './procedure.ts';

export interface OpenDatabaseOptions {
  readonly config: DatabaseConfig;
  /** The sets of all features. */
  readonly procedures: readonly ProcedureSet[];
  /** A SQLite file may be made where there is none; default true. */
  readonly mayCreate?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the configured database. Does not wait for it: when it cannot be reached its health says so, and it comes back by itself.
 * The driver of the other engine is not even loaded, which also keeps it out of the SQLite threads.
 */
export async function openDatabase({
  config,
  procedures,
  mayCreate = true,
  clock,
  logger,
}: OpenDatabaseOptions): Promise<Database> {
  const log = logger.child({ part: 'database', engine: config.engine });
  if (config.engine === 'mssql') {
    const { MssqlDatabase } = await import('./mssql/mssql-database.ts');
    return new MssqlDatabase({ config, clock, logger: log });
  }
  const { SqliteDatabase } = await import('./sqlite/sqlite-database.ts');
  const all = [migrationProcedures, housekeepingProcedures, auditProcedures, ...procedures];
  return new SqliteDatabase({ file: config.file, readers: config.readers, procedures: all, mayCreate, clock, logger: log });
}
