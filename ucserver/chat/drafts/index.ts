export { draftProcedures } from './procedures.ts';
export { DraftRepository } from './repository.ts';
export { DraftService } from './service.ts';
