import { closeCodes } from '#shared/protocol/close-codes.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Ending } from './connection.ts';
import type { CloseReason, Welcome } from './types.ts';

export type SignedOutReason = 'never' | 'signedOut' | 'tokenEnded' | 'locked';

/** Where a client is with its session. */
export type ClientState =
  /** Needs a password. */
  | { readonly phase: 'signedOut'; readonly reason: SignedOutReason }
  /**
   * On its way to a session; `since` is when the last one was lost (monotonic ms), missing at the first; `because` is why the
   * servers that answer have none to give now.
   */
  | { readonly phase: 'connecting'; readonly since?: number; readonly because?: UCError }
  | { readonly phase: 'open'; readonly welcome: Welcome }
  /** Does not try any more until told; the reason says why. */
  | { readonly phase: 'stopped'; readonly reason: CloseReason };

/** What a client does when its connection has ended. */
export type Next = 'now' | 'later' | 'refresh' | 'signedOut' | { readonly stop: CloseReason };

/** Reads the close code; whatever the table does not know is a lost connection. */
export function afterEnding(ending: Ending): Next {
  if ('silent' in ending) return 'now';
  const found = (Object.keys(closeCodes) as CloseReason[]).find((reason) => closeCodes[reason].code === ending.code);
  if (found === undefined) return 'now';
  const { reconnect } = closeCodes[found];
  if (reconnect === 'stop') return { stop: found };
  // A token that has merely ended, as after a night with the lid closed, needs no password.
  if (reconnect === 'signIn') return found === 'signedOut' ? 'signedOut' : 'refresh';
  return reconnect;
}

/** What a caller gets who needs a session where there will be none. */
export function noSession(state: ClientState): UCError {
  const why = 'reason' in state ? `${state.phase}: ${state.reason}` : state.phase;
  return new UCError('NOT_SIGNED_IN', `There is no session (${why})`);
}
