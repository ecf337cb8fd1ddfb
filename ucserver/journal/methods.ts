import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { JournalService } from './service.ts';

/** What clients can ask of the journal; everybody sees and changes their own only. */
export function registerJournalMethods(dispatcher: Pick<Dispatcher, 'register'>, journal: JournalService): void {
  dispatcher.register('journal.list', (params, { userId }) => journal.list(userId, params));
  dispatcher.register('journal.unread', (_params, { userId }) => journal.countUnread(userId));
  dispatcher.register('journal.markRead', (params, { userId }) => journal.markRead(userId, params));
  dispatcher.register('journal.note', (params, { userId }) => journal.note(userId, params));
  dispatcher.register('journal.remove', async ({ callIds }, { userId }) => {
    await journal.remove(userId, callIds);
    return {};
  });
}
