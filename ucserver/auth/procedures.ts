import type { Revocation } from '#shared/mesh/contracts/auth.ts';
import {
  change,
  first,
  procedureSet,
  type Queries,
  recordChange,
  rows,
  type Steps,
  statement,
} from '#ucserver/database/index.ts';
import type { DeviceEntry, NewDevice } from './device-log.ts';
import type { StoredKey } from './key-ring.ts';

type UsedDevice = Omit<DeviceEntry, 'signedIn'>;
type DeviceRow = UsedDevice & Omit<NewDevice, 'key'> & { readonly publicKey: string; readonly revokedAt: number | null };

const touchDevice = statement<UsedDevice>((db, param) =>
  db
    .updateTable('devices')
    .set({ last_used_at: param('usedAt'), refresh_until: param('refreshUntil') })
    .where('user_id', '=', param('userId'))
    .where('id', '=', param('deviceId')),
);
const updateDevice = statement<DeviceRow>((db, param) =>
  db
    .updateTable('devices')
    .set({
      name: param('name'),
      kind: param('kind'),
      created_at: param('usedAt'),
      last_used_at: param('usedAt'),
      refresh_until: param('refreshUntil'),
      key_thumbprint: param('keyThumbprint'),
      public_key: param('publicKey'),
      revoked_at: param('revokedAt'),
    })
    .where('user_id', '=', param('userId'))
    .where('id', '=', param('deviceId')),
);
const insertDevice = statement<DeviceRow>((db, param) =>
  db.insertInto('devices').values({
    user_id: param('userId'),
    id: param('deviceId'),
    name: param('name'),
    kind: param('kind'),
    created_at: param('usedAt'),
    last_used_at: param('usedAt'),
    key_thumbprint: param('keyThumbprint'),
    public_key: param('publicKey'),
    refresh_hash: null,
    refresh_until: param('refreshUntil'),
    revoked_at: param('revokedAt'),
  }),
);
const readRevocation = statement<{ id: string }, { id: string }>((db, param) =>
  db.selectFrom('revocations').select('id').where('id', '=', param('id')),
);
const readLaterRevocations = statement<UsedDevice, { revoked_at: number }>((db, param) =>
  db
    .selectFrom('revocations')
    .select('revoked_at')
    .where('user_id', '=', param('userId'))
    .where((eb) => eb.or([eb('device_id', '=', param('deviceId')), eb('device_id', 'is', null)]))
    .where('revoked_at', '>=', param('usedAt')),
);
const insertRevocation = statement<Revocation>((db, param) =>
  db.insertInto('revocations').values({
    id: param('id'),
    user_id: param('userId'),
    device_id: param('deviceId'),
    revoked_at: param('revokedAt'),
    obsolete_at: param('obsoleteAt'),
  }),
);
const insertKey = statement<StoredKey>((db, param) =>
  db.insertInto('signing_keys').values({
    id: param('id'),
    public_key: param('public_key'),
    private_key_sealed: param('private_key_sealed'),
    created_at: param('created_at'),
    signs_from: param('signs_from'),
    signs_until: param('signs_until'),
    valid_until: param('valid_until'),
  }),
);

/** What auth stores. */
export const authProcedures = procedureSet('auth', import.meta.url, {
  /** Writes down sign-ins and uses of devices. */
  *writeDevices(queries, { entries, at }: { readonly entries: readonly DeviceEntry[]; readonly at: number }): Steps<void> {
    const changed = new Set<string>();
    for (const entry of entries) {
      if (entry.signedIn) {
        yield* signIn(queries, entry, entry.signedIn);
        changed.add(entry.userId);
      } else {
        yield* change(queries.bind(touchDevice, entry));
      }
    }
    // The time of the last use is not in memory, so it is no change the others need to hear of.
    if (changed.size > 0) yield* recordChange(queries, 'devices', [...changed], at);
  },

  /** Adds revocations and marks the devices; forgets those that mean nothing any more. */
  *addRevocations(
    queries,
    { revocations, at }: { readonly revocations: readonly Revocation[]; readonly at: number },
  ): Steps<void> {
    const added: string[] = [];
    const users = new Set<string>();
    for (const revocation of revocations) {
      if (yield* first(queries.bind(readRevocation, revocation))) continue;
      yield* change(queries.bind(insertRevocation, revocation));
      yield* change(markRevoked(queries, revocation));
      added.push(revocation.id);
      users.add(revocation.userId);
    }
    yield* change(queries.db.deleteFrom('revocations').where('obsolete_at', '<', at));
    if (added.length === 0) return;
    yield* recordChange(queries, 'devices', [...users], at);
    yield* recordChange(queries, 'revocation', added, at);
  },

  /** Adds a signing key unless a usable one for about the same time is there; forgets those that are no longer valid. */
  *addSigningKey(
    queries,
    { key, unusable, at }: { readonly key: StoredKey; readonly unusable: readonly string[]; readonly at: number },
  ): Steps<void> {
    const middle = Math.floor((key.signs_from + key.signs_until) / 2);
    const later = yield* rows(queries.db.selectFrom('signing_keys').select('id').where('signs_until', '>', middle));
    if (later.some(({ id }) => !unusable.includes(id))) return;
    const old = yield* rows(queries.db.selectFrom('signing_keys').select('id').where('valid_until', '<=', at));
    yield* change(queries.db.deleteFrom('signing_keys').where('valid_until', '<=', at));
    yield* change(queries.bind(insertKey, key));
    yield* recordChange(queries, 'signingKey', [...old.map(({ id }) => id), key.id], at);
  },

  *replaceVerifier(
    queries,
    {
      userId,
      before,
      verifier,
      at,
    }: { readonly userId: string; readonly before: string; readonly verifier: string; readonly at: number },
  ): Steps<void> {
    const replaced = yield* change(
      queries.db
        .updateTable('users')
        .set({ password_hash: verifier })
        .where('id', '=', userId)
        .where('password_hash', '=', before),
    );
    if (replaced > 0) yield* recordChange(queries, 'user', [userId], at);
  },
});

function* signIn(queries: Queries, entry: DeviceEntry, { key, ...device }: NewDevice): Steps<void> {
  // Written some time after it happened: the device may have been signed out since, even before this row was there.
  const revoked = yield* rows(queries.bind(readLaterRevocations, entry));
  const revokedAt = revoked.length === 0 ? null : Math.max(...revoked.map(({ revoked_at }) => revoked_at));
  const row = { ...entry, ...device, publicKey: JSON.stringify(key), revokedAt };
  const updated = yield* change(queries.bind(updateDevice, row));
  if (updated === 0) yield* change(queries.bind(insertDevice, row));
}

function markRevoked(queries: Queries, { userId, deviceId, revokedAt }: Revocation) {
  const ofUser = queries.db.updateTable('devices').set({ revoked_at: revokedAt }).where('user_id', '=', userId);
  // A sign-in after the revocation stands.
  const before = ofUser.where('created_at', '<=', revokedAt);
  return deviceId === null ? before : before.where('id', '=', deviceId);
}
