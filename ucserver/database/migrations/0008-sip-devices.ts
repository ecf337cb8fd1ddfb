import type { Migration } from './migration.ts';

/** SIP devices of users. Of their secrets only what proves them in one realm is kept. */
export const sipDevices: Migration = {
  name: '0008-sip-devices',
  statements: (t) => [
    `create table sip_devices (id ${t.id} not null primary key, user_id ${t.id} not null, name ${t.text(100)} not null,
      verifier_md5 ${t.exact(32)} not null, verifier_sha256 ${t.exact(64)} not null, created_at ${t.bigint} not null,
      revoked_at ${t.bigint}) ${t.keyed}`,
    'create index sip_devices_user on sip_devices (user_id)',
  ],
};
