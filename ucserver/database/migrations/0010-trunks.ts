import type { Migration } from './migration.ts';

/** Trunks, and how people and groups telephone. */
export const trunks: Migration = {
  name: '0010-trunks',
  statements: (t) => [
    `create table dial_profiles (id ${t.exact(80)} not null primary key, document ${t.longText} not null,
      changed_at ${t.bigint} not null) ${t.keyed}`,
    `create table trunks (id ${t.id} not null primary key, document ${t.longText} not null, password_sealed ${t.longText},
      version ${t.int} not null, changed_at ${t.bigint} not null) ${t.keyed}`,
  ],
};
