import type { Dispatcher } from '#ucserver/gateway/index.ts';
import { registerPresenceMethods } from './methods.ts';
import { type PresenceOptions, PresenceService } from './service.ts';

export type { SourcedClaim } from './claim-source.ts';
export { type PresenceConfig, presenceConfigSchema } from './config.ts';
export { presenceProcedures } from './repository.ts';
export type { PresenceOptions, PresenceService } from './service.ts';

/** @returns the presence of this server; `start` it before the first session is opened, `stop` it after the last is gone. */
export function createPresence({
  dispatcher,
  ...options
}: PresenceOptions & { readonly dispatcher: Dispatcher }): PresenceService {
  const presence = new PresenceService(options);
  registerPresenceMethods(dispatcher, presence);
  return presence;
}
