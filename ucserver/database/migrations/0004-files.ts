import type { Migration } from './migration.ts';

/** Files that people exchange. Their bytes stand in a folder; here stands what they are, whose, and who refers to them. */
export const files: Migration = {
  name: '0004-files',
  statements: (t) => [
    `create table file_store (id ${t.int} not null primary key, store_id ${t.exact(64)} not null, created_at ${t.bigint} not null) ${t.keyed}`,
    `create table files (id ${t.id} not null primary key, owner_id ${t.id} not null, name ${t.text(255)} not null,
      size_bytes ${t.bigint} not null, state ${t.exact(16)} not null, content_hash ${t.exact(64)}, media_type ${t.exact(100)},
      width ${t.int}, height ${t.int}, created_at ${t.bigint} not null, look_at ${t.bigint} not null) ${t.keyed}`,
    'create index files_owner on files (owner_id)',
    'create index files_look on files (look_at)',
    'create index files_content on files (content_hash) where content_hash is not null',
    `create table file_contents (content_hash ${t.exact(64)} not null primary key, size_bytes ${t.bigint} not null,
      scan_state ${t.exact(16)} not null, scan_at ${t.bigint} not null, doomed_at ${t.bigint}) ${t.keyed}`,
    "create index file_contents_scan on file_contents (scan_at) where scan_state = 'scanning'",
    'create index file_contents_doomed on file_contents (doomed_at) where doomed_at is not null',
    `create table file_references (file_id ${t.id} not null, conversation_id ${t.id} not null, seq ${t.bigint} not null,
      primary key (file_id, conversation_id, seq)) ${t.keyed}`,
  ],
};
