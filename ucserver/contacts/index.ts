import type { Dispatcher, SessionTable } from '#ucserver/gateway/index.ts';
import { registerContactMethods } from './methods.ts';
import { Contacts, type ContactsOptions } from './service.ts';

export { contactProcedures } from './repository.ts';
export type { Contacts, ContactsOptions } from './service.ts';

export interface ContactsDependencies extends ContactsOptions {
  readonly dispatcher: Dispatcher;
  readonly sessions: SessionTable;
}

/** @returns the contacts of this server, which need no start. */
export function createContacts({ dispatcher, sessions, ...options }: ContactsDependencies): Contacts {
  const contacts = new Contacts(options);
  registerContactMethods({ dispatcher, contacts, sessions });
  return contacts;
}
