export { AuditCleaner } from './audit-cleaner.ts';
export { auditTrimProcedures } from './audit-procedures.ts';
export { type Erasure, type ErasureOptions, erasePerson } from './erasure.ts';
export { type ExportLine, exportPerson } from './person-export.ts';
export { privacyProcedures } from './procedures.ts';
export { PrivacyRepository } from './repository.ts';
export { auditDaysSetting } from './settings.ts';
