import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { DatabaseConfig } from './config.ts';
import { housekeepingProcedures } from './housekeeping.ts';
import { migrationProcedures } from './migrations/index.ts';
import { MssqlDatabase } from './mssql/mssql-database.ts';
import type { Database } from './port.ts';
import type { ProcedureSet } from './procedure.ts';
import { SqliteDatabase } from './sqlite/sqlite-database.ts';

export interface OpenDatabaseOptions {
  readonly config: DatabaseConfig;
  /** The sets of all features. */
  readonly procedures: readonly ProcedureSet[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens the configured database. Answers at once, also when it cannot be reached: then its health says so, and it comes back by itself. */
export function openDatabase({ config, procedures, clock, logger }: OpenDatabaseOptions): Database {
  const log = logger.child({ part: 'database', engine: config.engine });
  if (config.engine === 'mssql') return new MssqlDatabase({ config, clock, logger: log });
  const all = [migrationProcedures, housekeepingProcedures, ...procedures];
  return new SqliteDatabase({ file: config.file, readers: config.readers, procedures: all, clock, logger: log });
}
