import type { Auth } from '#ucserver/auth/index.ts';
import { fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Leaving } from './service.ts';

/** Ends the sessions of devices that were signed out, wherever that was done. */
export function endSignedOutSessions(
  { authenticator }: Pick<Auth, 'authenticator'>,
  sessions: SessionTable,
  leaving: Leaving,
): void {
  authenticator.onSignedOut(({ userId, reason, includes }) => {
    const ended = fragment('session.ended', { reason });
    for (const session of sessions.ofUser(userId)) {
      if (!leaving.has(session.id) && includes(session.device.id, session.signedInAt)) session.end('signedOut', ended);
    }
  });
}
