import type { Migration } from './migration.ts';

/** The journal of calls, and phone books of the company. */
export const journal: Migration = {
  name: '0009-journal',
  statements: (t) => [
    `create table journal_entries (user_id ${t.id} not null, call_id ${t.id} not null, started_at ${t.bigint} not null,
      precedence ${t.exact(64)} not null, document ${t.longText} not null, note ${t.text(1_000)}, unread ${t.int} not null,
      removed_at ${t.bigint}, primary key (user_id, call_id)) ${t.appended}`,
    'create index journal_entries_time on journal_entries (user_id, started_at, call_id)',
    'create index journal_entries_unread on journal_entries (user_id) where unread = 1',
    `create table phone_books (id ${t.id} not null primary key, name ${t.text(100)} not null, contacts ${t.int} not null,
      imported_at ${t.bigint} not null) ${t.keyed}`,
    `create table phone_book_parts (id ${t.id} not null primary key, book_id ${t.id} not null, number ${t.int} not null,
      document ${t.longText} not null) ${t.keyed}`,
    'create index phone_book_parts_book on phone_book_parts (book_id)',
  ],
};
