import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { AddressRate, type RouteSet } from '#ucserver/http/index.ts';
import { type ProvisioningService, provisioningPath } from './service.ts';
import { snomSettings } from './snom.ts';
import { yealinkSettings } from './yealink.ts';

export interface ProvisioningRoutesOptions {
  readonly service: ProvisioningService;
  readonly perMinute: number;
  readonly clock: Clock;
}

/** `001565aabbcc.cfg`, the file of one phone of Yealink; it asks in vain for those of its model and for `.boot` before. */
const yealinkFile = /^[0-9a-f]{12}\.cfg$/i;

/** Settings that phones fetch: GET `/provisioning/<token>/<file>`, the file as its make names it. */
export function provisioningRoutes({ service, perMinute, clock }: ProvisioningRoutesOptions): RouteSet {
  const rate = new AddressRate(perMinute, clock);
  return (router) => {
    router.get(`${provisioningPath}:token/:file`, async (context) => {
      rate.take(context.state.address);
      const { token = '', file = '' } = context.params;
      const isSnom = file === 'snom.xml';
      if (!isSnom && !yealinkFile.test(file)) throw new UCError('NOT_FOUND');
      const settings = await service.settings(token, context.state.address);
      context.set('Cache-Control', 'no-store');
      context.type = isSnom ? 'application/xml' : 'text/plain';
      context.body = isSnom ? snomSettings(settings) : yealinkSettings(settings);
    });
  };
}
