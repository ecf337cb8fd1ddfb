import type { Migration } from './migration.ts';

/** Conversations of more than two people. What stands here follows from the log, in the transaction of the entry. */
export const groups: Migration = {
  name: '0003-groups',
  statements: (t) => [
    `alter table conversations add title ${t.text(256)}`,
    `alter table conversations add history_visible ${t.int} not null default 1`,
    `alter table conversation_members add role ${t.exact(16)} not null default 'member'`,
    `alter table conversation_members add visible_from ${t.bigint} not null default 1`,
    `alter table conversation_members add muted_until ${t.bigint}`,
  ],
};
