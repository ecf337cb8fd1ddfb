import type { Context } from 'koa';
import { UCError } from '#shared/protocol/errors.ts';
import type { AccessToken, Authenticator } from '#ucserver/auth/index.ts';

/**
 * Who asks, by the access token in the `Authorization` header.
 * @throws UCError `NOT_SIGNED_IN` without one, `TOKEN_INVALID` when it does not hold.
 */
export function bearerOf(context: Context, authenticator: Pick<Authenticator, 'authenticate'>): Promise<AccessToken> {
  const [, token] = /^Bearer ([\w.~+/-]{1,4096}=*)$/i.exec(context.get('Authorization')) ?? [];
  if (token === undefined) throw new UCError('NOT_SIGNED_IN');
  return authenticator.authenticate(token);
}
