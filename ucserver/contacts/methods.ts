import { type Dispatcher, fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Contacts } from './service.ts';

export interface ContactMethodsOptions {
  readonly dispatcher: Dispatcher;
  readonly contacts: Contacts;
  readonly sessions: SessionTable;
}

/** What clients can ask about contacts; all clients of a user are told of a change. Answers how to stop telling. */
export function registerContactMethods({ dispatcher, contacts, sessions }: ContactMethodsOptions): () => void {
  dispatcher.register('contacts.get', (_params, { userId }) => contacts.get(userId));
  dispatcher.register('contacts.put', (params, { userId }) => contacts.put(userId, params));
  return contacts.onChange((userIds) => {
    for (const userId of userIds) {
      if (!sessions.has(userId)) continue;
      const told = fragment('contacts.changed', contacts.get(userId));
      for (const session of sessions.ofUser(userId)) session.push(told, 'contacts');
    }
  });
}
