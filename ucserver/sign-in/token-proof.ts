import type { SessionRecord } from '#shared/mesh/contracts/session.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { TokenVerifier } from './port.ts';

type Proven = Pick<SessionRecord, 'userId' | 'device' | 'signedInAt' | 'tokenGeneration'>;

/** Whether the token of a session still holds, as far as this server knows. */
export function sessionHolds(
  verifier: Pick<TokenVerifier, 'holds'>,
  { userId, device, signedInAt, tokenGeneration }: Proven,
): boolean {
  return verifier.holds({ userId, deviceId: device.id, signedInAt, generation: tokenGeneration });
}

/**
 * Called last, just before a session stands in a table: a sign-out before that finds no session to end.
 * @throws UCError TOKEN_INVALID
 */
export function assertHolds(verifier: Pick<TokenVerifier, 'holds'>, session: Proven): void {
  if (!sessionHolds(verifier, session)) throw new UCError('TOKEN_INVALID');
}
