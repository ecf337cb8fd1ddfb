import assert from 'node:assert/strict';
import { randomId } from '#shared/ids.ts';
import type { Revocation } from '#shared/mesh/contracts/auth.ts';
import type { DeviceEntry } from '#ucserver/auth/device-log.ts';
import { authProcedures } from '#ucserver/auth/index.ts';
import type { StoredKey } from '#ucserver/auth/key-ring.ts';
import type { Database } from '#ucserver/database/index.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

const at = 1_767_600_000_000;
const day = 86_400_000;
const newDevice = {
  name: 'Firefox',
  kind: 'browser',
  key: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
  keyThumbprint: 't',
} as const;

function entry(userId: string, deviceId: string, more: Partial<DeviceEntry> = {}): DeviceEntry {
  return { userId: userId as never, deviceId: deviceId as never, usedAt: at, refreshUntil: at + day, ...more };
}

function key(id: string, signsFrom: number): StoredKey {
  const times = { created_at: at, signs_from: signsFrom, signs_until: signsFrom + 30 * day, valid_until: signsFrom + 60 * day };
  return { id, public_key: '{}', private_key_sealed: 'sealed', ...times };
}

for (const engine of engines) {
  describe(`auth over ${engine}`, () => {
    let opened: TestDatabase;
    let database: Database;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [authProcedures]);
      ({ database } = opened);
    });
    after(() => opened?.[Symbol.asyncDispose]());

    const devicesOf = (userId: string) => {
      const columns = ['id', 'name', 'created_at', 'last_used_at', 'revoked_at'] as const;
      return database.read(database.queries.db.selectFrom('devices').select(columns).where('user_id', '=', userId).orderBy('id'));
    };
    const write = (...entries: DeviceEntry[]) => database.run(authProcedures.writeDevices, { entries, at });

    it('writes devices down, two people with the same device id apart from each other', async () => {
      const [alice, bob] = [randomId(), randomId()];
      await write(entry(alice, 'd1', { signedIn: newDevice }), entry(bob, 'd1', { signedIn: { ...newDevice, name: 'Shared' } }));
      await write(entry(alice, 'd1', { usedAt: at + 5 }), entry(alice, 'never signed in', { usedAt: at + 5 }));
      assert.deepEqual(await devicesOf(alice), [
        { id: 'd1', name: 'Firefox', created_at: at, last_used_at: at + 5, revoked_at: null },
      ]);
      assert.equal((await devicesOf(bob))[0]?.name, 'Shared');
    });

    it('adds a revocation once, marks what was there before it, and forgets what is obsolete', async () => {
      const alice = randomId();
      const revocation: Revocation = {
        id: randomId(),
        userId: alice as never,
        deviceId: 'd1' as never,
        revokedAt: at + 10,
        obsoleteAt: at + day,
      };
      const revoke = (...revocations: Revocation[]) => database.run(authProcedures.addRevocations, { revocations, at });
      await write(entry(alice, 'd1', { signedIn: newDevice }), entry(alice, 'd2', { signedIn: newDevice }));
      await revoke(revocation);
      await revoke(revocation);
      const marks = async () => (await devicesOf(alice)).map(({ id, revoked_at }) => [id, revoked_at]);
      assert.deepEqual(await marks(), [
        ['d1', at + 10],
        ['d2', null],
      ]);
      await write(entry(alice, 'd1', { usedAt: at + 20, signedIn: newDevice }));
      await revoke({ ...revocation, id: randomId(), deviceId: null, revokedAt: at + 15 });
      assert.deepEqual(await marks(), [
        ['d1', null],
        ['d2', at + 15],
      ]);
      await revoke({ ...revocation, id: randomId(), deviceId: 'd3' as never, revokedAt: at + 30 });
      await write(entry(alice, 'd3', { usedAt: at + 29, signedIn: newDevice }));
      assert.deepEqual((await marks()).at(-1), ['d3', at + 30], 'a sign-in written down after the device was signed out');
      await database.run(authProcedures.addRevocations, { revocations: [], at: at + 2 * day });
      const left = await database.read(database.queries.db.selectFrom('revocations').select('id').where('user_id', '=', alice));
      assert.deepEqual(left, []);
    });

    it('adds one signing key for a time, ignoring those that cannot be opened, and forgets old ones', async () => {
      const add = (added: StoredKey, unusable: string[] = [], now = at) =>
        database.run(authProcedures.addSigningKey, { key: added, unusable, at: now });
      const ids = async () =>
        (await database.read(database.queries.db.selectFrom('signing_keys').select('id').orderBy('id'))).map(({ id }) => id);
      await add(key('k1', at));
      await add(key('k2', at + 3));
      assert.deepEqual(await ids(), ['k1']);
      await add(key('k3', at + 4), ['k1']);
      await add(key('k4', at + 30 * day));
      assert.deepEqual(await ids(), ['k1', 'k3', 'k4']);
      await add(key('k5', at + 61 * day), [], at + 61 * day);
      assert.deepEqual(await ids(), ['k4', 'k5']);
    });
  });
}
