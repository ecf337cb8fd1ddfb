import type { Dispatcher } from '#ucserver/gateway/index.ts';
import { PhoneBooks, type PhoneBooksOptions } from './service.ts';

export type { Contact, Problem } from './contact.ts';
export { readCsvContacts, writeCsvContacts } from './csv-contacts.ts';
export { type Encoding, encodings, textOf } from './file-text.ts';
export { type ImportPlan, planImport } from './import-plan.ts';
export type { CallerNames } from './port.ts';
export { phoneBookProcedures } from './procedures.ts';
export { type PhoneBook, PhoneBookRepository } from './repository.ts';
export type { PhoneBooks } from './service.ts';
export { directoryCountrySetting } from './settings.ts';
export { readVcardContacts, writeVcardContacts } from './vcard-contacts.ts';

export interface PhoneBookDependencies extends PhoneBooksOptions {
  readonly dispatcher: Pick<Dispatcher, 'register'>;
}

/** @returns the phone books of this server, which need no start; everybody in the company may read them. */
export function createPhoneBooks({ dispatcher, ...options }: PhoneBookDependencies): PhoneBooks {
  const books = new PhoneBooks(options);
  dispatcher.register('phoneBook.search', (params) => books.search(params));
  dispatcher.register('phoneBook.list', (params) => books.list(params));
  return books;
}
