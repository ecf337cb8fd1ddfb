export { actKeptMs, once, type StoredAct } from './acts.ts';
export { Audit, type AuditCursor, type AuditEntry, auditProcedures, type DatedAuditEntry, dated, recordAudit } from './audit.ts';
export { recordChange } from './changes.ts';
export { type DatabaseConfig, databaseConfigSchema } from './config.ts';
export { housekeepingProcedures } from './housekeeping.ts';
export { migrate } from './migrate.ts';
export type { MigrationResult } from './migrations/index.ts';
export { type OpenDatabaseOptions, openDatabase } from './open-database.ts';
export {
  type Database,
  type DatabaseHealth,
  type ReadOptions,
  type RunOptions,
  StatementError,
  type StatementErrorKind,
} from './port.ts';
export {
  type BoundQuery,
  change,
  first,
  type Outcome,
  type Procedure,
  type ProcedureSet,
  procedureSet,
  type Query,
  rows,
  type Steps,
} from './procedure.ts';
export { type Engine, type Queries, type Statement, statement } from './queries.ts';
export type { Replica } from './replica.ts';
export { groupedTablePart, type ReplicaPart, tablePart } from './replica-part.ts';
export { replicaParts } from './replica-parts.ts';
export type { Schema } from './schema.ts';
export { SecretBox } from './secret-box.ts';
export { type Storage, type StorageOptions, startStorage } from './storage.ts';
