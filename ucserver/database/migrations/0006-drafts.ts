import type { Migration } from './migration.ts';

/** Drafts of messages; how far retention has got in each conversation; who does what only one server should do at a time. */
export const drafts: Migration = {
  name: '0006-drafts',
  statements: (t) => [
    `create table chat_drafts (user_id ${t.id} not null, conversation_id ${t.id} not null, body ${t.longText} not null,
      version ${t.bigint} not null, primary key (user_id, conversation_id)) ${t.keyed}`,
    `alter table conversations add emptied_seq ${t.bigint} not null default 0`,
    `create table leases (name ${t.exact(64)} not null primary key, holder ${t.exact(64)} not null, held_until ${t.bigint} not null) ${t.keyed}`,
  ],
};
