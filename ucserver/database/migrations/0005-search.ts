import type { Migration } from './migration.ts';

/**
 * What the search of messages goes by; made from the log afterwards, so it may be thrown away and made again. A part is a run of
 * one conversation's entries, and its words stand together: looking into a part and adding to it touches few pages.
 */
export const search: Migration = {
  name: '0005-search',
  statements: (t) => [
    `create table search_positions (conversation_id ${t.id} not null primary key, indexed_seq ${t.bigint} not null) ${t.keyed}`,
    `create table search_parts (number ${t.bigint} not null primary key, conversation_id ${t.id} not null, first_seq ${t.bigint} not null,
      last_seq ${t.bigint} not null, first_at ${t.bigint} not null, last_at ${t.bigint} not null) ${t.keyed}`,
    'create unique index search_parts_place on search_parts (conversation_id, first_seq)',
    `create table search_tokens (part ${t.bigint} not null, token ${t.exact(40)} not null, seq ${t.bigint} not null,
      accepted_at ${t.bigint} not null, primary key (part, token, seq)) ${t.keyed}`,
  ],
};
