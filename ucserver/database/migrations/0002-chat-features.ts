import type { Migration } from './migration.ts';

/** Entries that change another entry name it in a column, so that the edits of a message are found without reading its log. */
export const chatFeatures: Migration = {
  name: '0002-chat-features',
  statements: (t) => [
    `alter table entries add target_id ${t.id}`,
    // Few entries have a target, and the many others should not pay for the index.
    'create index entries_target on entries (target_id, conversation_id) where target_id is not null',
  ],
};
