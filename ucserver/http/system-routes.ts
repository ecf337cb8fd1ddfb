import type { IncomingMessage } from 'node:http';
import type { Registry } from 'prom-client';
import { UCError } from '#shared/protocol/errors.ts';
import { httpPaths, type ServersAnswer } from '#shared/protocol/http.ts';
import type { ServerAddress } from '#shared/protocol/session.ts';
import type { Health, HealthReport } from '#shared/runtime/health.ts';
import type { RouteSet } from './http-app.ts';
import type { Networks } from './networks.ts';

export interface SystemRoutesOptions {
  readonly servers: () => readonly ServerAddress[];
  readonly health: Pick<Health, 'report'>;
  /** No new people are sent here. */
  readonly isDraining: () => boolean;
  readonly registry: Registry;
  readonly metricsFrom: Networks;
  /** Whether a request came without a proxy in between: one on this machine makes everybody local. */
  readonly isDirect: (request: IncomingMessage) => boolean;
}

/** What load balancers, monitors and clients ask about the server itself. */
export function systemRoutes(options: SystemRoutesOptions): RouteSet {
  const { servers, health, isDraining, registry, metricsFrom, isDirect } = options;
  /** May know what goes on inside. */
  const isOperator = (request: IncomingMessage, address: string) => isDirect(request) && metricsFrom.includes(address);
  return (router) => {
    router.get(httpPaths.servers, (context) => {
      context.body = { servers: servers() } satisfies ServersAnswer;
    });
    router.get('/livez', (context) => {
      context.body = { status: 'alive' };
    });
    router.get('/readyz', (context) => {
      const report = health.report();
      const dependencies = isOperator(context.req, context.state.address)
        ? report.dependencies
        : withoutDetail(report.dependencies);
      const ready = report.ready && !isDraining();
      context.status = ready ? 200 : 503;
      context.body = { ready, draining: isDraining(), dependencies };
    });
    router.get('/metrics', async (context) => {
      if (!isOperator(context.req, context.state.address)) throw new UCError('NOT_FOUND');
      context.type = registry.contentType;
      context.body = await registry.metrics();
    });
  };
}

/** Reasons name paths, addresses and versions, which are nobody else's business. */
function withoutDetail(dependencies: HealthReport['dependencies']): HealthReport['dependencies'] {
  return Object.fromEntries(Object.entries(dependencies).map(([name, { detail: _, ...entry }]) => [name, entry]));
}
