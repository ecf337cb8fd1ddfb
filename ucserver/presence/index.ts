export type { SourcedClaim } from './claim-source.ts';
export { type PresenceConfig, presenceConfigSchema } from './config.ts';
export { registerPresenceMethods } from './methods.ts';
export { presenceProcedures } from './repository.ts';
export { type PresenceOptions, PresenceService } from './service.ts';
