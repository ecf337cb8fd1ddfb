export { type Erasure, type ErasureOptions, erasePerson } from './erasure.ts';
export { exportPerson } from './person-export.ts';
export { privacyProcedures } from './procedures.ts';
export { PrivacyRepository } from './repository.ts';
