import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import Koa from 'koa';
import { UCError } from '#shared/protocol/errors.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { answers, type RequestState } from './answers.ts';
import { cors } from './cors.ts';
import type { Origins } from './origins.ts';
import { securityHeaders } from './security-headers.ts';
import { webFiles } from './web-files.ts';

export type AppRouter = Router<RequestState>;

/** Adds routes of one part or feature. */
export type RouteSet = (router: AppRouter) => void;

export interface HttpAppOptions {
  readonly origins: Origins;
  readonly secure: boolean;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly routes: readonly RouteSet[];
  readonly webFolder: string;
  readonly logger: Logger;
}

/** The Koa app: headers, errors, rights of foreign pages, routes, pages. */
export function createHttpApp({ origins, secure, addressOf, routes, webFolder, logger }: HttpAppOptions): Koa<RequestState> {
  const router: AppRouter = new Router();
  for (const add of routes) add(router);
  const app = new Koa<RequestState>();
  // Errors of requests are answered below; what reaches this is a client that went away in the middle.
  app.on('error', (error) => logger.debug('A connection failed', { error }));
  app.use(securityHeaders({ origins, secure }));
  app.use(answers({ logger, addressOf }));
  app.use(async (context, next) => {
    if (!context.path.startsWith('/api/')) return next();
    context.set('Cache-Control', 'no-store');
    return cors(origins)(context, next);
  });
  app.use(router.routes());
  app.use(
    router.allowedMethods({
      throw: true,
      methodNotAllowed: () => new UCError('BAD_REQUEST', 'This path does not take this method.'),
    }),
  );
  app.use(webFiles(webFolder));
  return app;
}
