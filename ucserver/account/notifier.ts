import type { UserId } from '#shared/ids.ts';
import { fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Directory } from '../directory/index.ts';
import { toAccount } from './service.ts';

/** Tells the sessions of a user when their account has changed, wherever that was done. */
export function tellAccountChanges(directory: Directory, sessions: SessionTable): () => void {
  const told = new Map<UserId, string>();
  const stop = directory.onChange((userIds) => {
    for (const userId of userIds) {
      const user = directory.byId(userId);
      if (!user || !sessions.has(userId)) continue;
      const changed = fragment('account.changed', toAccount(user));
      // A change of what the account does not show (a verifier, a grant of tokens) is none.
      if (told.get(userId) === changed) continue;
      told.set(userId, changed);
      for (const session of sessions.ofUser(userId)) session.push(changed, 'account');
    }
  });
  sessions.onClosed((session, lastOfUser) => {
    if (lastOfUser) told.delete(session.userId);
  });
  return stop;
}
