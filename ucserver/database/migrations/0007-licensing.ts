import type { Migration } from './migration.ts';

/** The ledger of licensed seats, and the licence that is installed. */
export const licensing: Migration = {
  name: '0007-licensing',
  statements: (t) => [
    `create table licences (id ${t.exact(32)} not null primary key, document ${t.longText} not null, installed_at ${t.bigint} not null) ${t.keyed}`,
    `create table licence_features (feature ${t.exact(32)} not null primary key, version ${t.bigint} not null) ${t.keyed}`,
    `create table licence_blocks (feature ${t.exact(32)} not null, server_id ${t.exact(32)} not null, life ${t.bigint} not null,
      seats ${t.bigint} not null, request ${t.bigint} not null, frees_at ${t.bigint} not null, primary key (feature, server_id)) ${t.keyed}`,
    `create table licence_names (feature ${t.exact(32)} not null, name ${t.id} not null, server_id ${t.exact(32)} not null,
      life ${t.bigint} not null, from_server ${t.exact(32)}, from_life ${t.bigint}, primary key (feature, name)) ${t.keyed}`,
    'create index licence_names_holder on licence_names (feature, server_id, life)',
    'create index licence_names_from on licence_names (feature, from_server) where from_server is not null',
    "insert into licence_features (feature, version) values ('onlineUsers', 0)",
    "insert into licence_features (feature, version) values ('softphoneCalls', 0)",
  ],
};
