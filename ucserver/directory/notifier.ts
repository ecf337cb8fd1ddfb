import type { UserId } from '#shared/ids.ts';
import { fragment, type Session } from '../gateway/index.ts';
import type { Directory } from './service.ts';

export interface DirectoryNotifierOptions {
  readonly directory: Directory;
  /** Sessions that show this person: their own and those that watch them. */
  readonly sessionsShowing: (userId: UserId) => Iterable<Session>;
}

/** Tells clients whose cards to ask for anew. Answers how to stop. */
export function tellCardChanges({ directory, sessionsShowing }: DirectoryNotifierOptions): () => void {
  return directory.onChange((userIds) => {
    const bySession = new Map<Session, UserId[]>();
    for (const userId of userIds) {
      for (const session of sessionsShowing(userId)) {
        const ids = bySession.get(session);
        if (ids === undefined) bySession.set(session, [userId]);
        else ids.push(userId);
      }
    }
    for (const [session, ids] of bySession) session.push(fragment('directory.changed', { userIds: ids }));
  });
}
