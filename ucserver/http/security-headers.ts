import type { Middleware } from 'koa';
import type { Origins } from './origins.ts';

export interface SecurityHeadersOptions {
  readonly origins: Origins;
  /** Clients reach this server over HTTPS, its own or a proxy's. */
  readonly secure: boolean;
}

const yearSeconds = 31_536_000;

/** The headers that say what a page of ours may do; on every answer. */
export function securityHeaders({ origins, secure }: SecurityHeadersOptions): Middleware {
  return async (context, next) => {
    context.set('Content-Security-Policy', policy(origins.sources(), secure));
    context.set('X-Content-Type-Options', 'nosniff');
    context.set('Referrer-Policy', 'no-referrer');
    context.set(
      'Permissions-Policy',
      'camera=(self), microphone=(self), display-capture=(self), idle-detection=(self), geolocation=()',
    );
    context.set('Cross-Origin-Opener-Policy', 'same-origin');
    if (secure) context.set('Strict-Transport-Security', `max-age=${yearSeconds}`);
    await next();
  };
}

function policy(servers: readonly string[], secure: boolean): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    // Fluent UI puts its rules into style elements that it makes at run time.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    "media-src 'self' blob:",
    // All servers: a client goes on with another one when its own dies, and its page stays.
    ["connect-src 'self'", ...servers].join(' '),
    "worker-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    ...(secure ? ['upgrade-insecure-requests'] : []),
  ].join('; ');
}
