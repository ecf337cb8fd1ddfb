import { UCError } from '#shared/protocol/errors.ts';
import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { TokenVerifier } from './port.ts';

/** The methods of sessions that need a token. */
export function registerSignInMethods(dispatcher: Dispatcher, verifier: TokenVerifier): void {
  dispatcher.register('session.renew', async ({ token }, { session }) => {
    const bearer = await verifier.verify(token);
    if (bearer.userId !== session.userId || bearer.deviceId !== session.device.id) {
      throw new UCError('TOKEN_INVALID', 'The token is of another user or device.', { field: 'params.token' });
    }
    session.tokenEndsAt = bearer.endsAt;
    session.signedInAt = bearer.signedInAt;
    session.tokenGeneration = bearer.generation;
    return { tokenEndsAt: bearer.endsAt };
  });
}
