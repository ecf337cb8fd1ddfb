import type { Provisioning, SipRegistrar } from '#shared/protocol/phones.ts';
import type { RouteSet } from '#ucserver/http/index.ts';
import type { NewSecret } from '#ucserver/sip/index.ts';
import { provisioningRoutes } from './routes.ts';
import { type ProvisioningOptions, ProvisioningService } from './service.ts';

export { type ProvisioningConfig, provisioningConfigSchema } from './config.ts';
export { type PhoneSettings, phoneLanguage, registrarAt } from './phone-settings.ts';
export { provisioningProcedures } from './repository.ts';
export { snomSettings } from './snom.ts';
export { ProvisioningTokens } from './tokens.ts';
export { yealinkSettings } from './yealink.ts';

/** Settings that phones fetch by themselves over HTTPS. */
export interface PhoneProvisioning {
  readonly routes: RouteSet;
  offer(device: NewSecret): Provisioning | undefined;
  registrars(): SipRegistrar[];
}

export function createProvisioning(options: ProvisioningOptions): PhoneProvisioning {
  const service = new ProvisioningService(options);
  const { config, clock } = options;
  return {
    routes: provisioningRoutes({ service, perMinute: config.perMinute, clock }),
    offer: (device) => service.offer(device),
    registrars: () => service.registrars(),
  };
}
