import type { Middleware } from 'koa';
import { UCError } from '#shared/protocol/errors.ts';
import type { Origins } from './origins.ts';

const preflightSeconds = '600';
/** Of the tus protocol, for resumable uploads. */
const uploadHeaders = 'Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata';

/**
 * Lets pages of the company's other servers call this one (a page stays when its server dies) and refuses all other pages.
 * There are no cookies, so no credentials are allowed either. Requests without an `Origin` come from no page.
 */
export function cors(origins: Origins): Middleware {
  return async (context, next) => {
    const origin = context.get('Origin');
    context.vary('Origin');
    if (origin !== '') {
      if (!origins.allows(origin, context.get('Host')))
        throw new UCError('FORBIDDEN', 'Pages of this origin may not call this server.');
      context.set('Access-Control-Allow-Origin', origin);
      context.set('Access-Control-Expose-Headers', `Retry-After, ETag, Location, Content-Range, ${uploadHeaders}`);
    }
    if (context.method !== 'OPTIONS' || context.get('Access-Control-Request-Method') === '') return next();
    context.set('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
    context.set('Access-Control-Allow-Headers', `Authorization, Content-Type, Range, If-Range, ${uploadHeaders}`);
    context.set('Access-Control-Max-Age', preflightSeconds);
    context.status = 204;
  };
}
