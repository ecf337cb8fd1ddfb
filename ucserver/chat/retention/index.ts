export { RetentionCleaner } from './cleaner.ts';
export { retentionProcedures } from './procedures.ts';
export { RetentionRepository } from './repository.ts';
