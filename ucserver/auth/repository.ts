import type { DeviceId, UserId } from '#shared/ids.ts';
import type { Revocation } from '#shared/mesh/contracts/auth.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, type Replica, replicaParts, type Schema } from '#ucserver/database/index.ts';
import type { AuthUser, AuthUsers } from './authenticator.ts';
import type { DeviceEntry, DeviceStore } from './device-log.ts';
import type { SigningKeyStore, StoredKey } from './key-ring.ts';
import { authProcedures } from './procedures.ts';
import type { RevocationStore } from './revocations.ts';

interface Sources {
  readonly database: Database;
  readonly replica: Replica;
  readonly clock: Clock;
}

type UserRow = Readonly<Schema['users']>;
type RevocationRow = Readonly<Schema['revocations']>;

/** The users in the memory copy, found by id and by sign-in name. */
export class ReplicaUsers implements AuthUsers {
  readonly #sources: Sources;
  readonly #rows: ReadonlyMap<string, UserRow>;
  readonly #idBySignIn = new Map<string, string>();
  readonly #signInById = new Map<string, string>();

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#rows = sources.replica.items(replicaParts.users);
    for (const id of this.#rows.keys()) this.#index(id);
    sources.replica.onChange(replicaParts.users, (ids) => {
      for (const id of ids) this.#index(id);
    });
  }

  bySignIn(signIn: string): AuthUser | undefined {
    const id = this.#idBySignIn.get(signIn);
    return id === undefined ? undefined : toUser(this.#rows.get(id));
  }

  get(userId: UserId): AuthUser | undefined {
    return toUser(this.#rows.get(userId));
  }

  *all(): Iterable<AuthUser> {
    for (const row of this.#rows.values()) {
      const user = toUser(row);
      if (user) yield user;
    }
  }

  onChange(listener: (userIds: readonly UserId[]) => void): () => void {
    return this.#sources.replica.onChange(replicaParts.users, (ids) => listener(ids as readonly UserId[]));
  }

  async replaceVerifier(userId: UserId, before: string, verifier: string): Promise<void> {
    const { database, clock } = this.#sources;
    await database.run(authProcedures.replaceVerifier, { userId, before, verifier, at: clock.wallMs() });
  }

  #index(id: string): void {
    const before = this.#signInById.get(id);
    if (before !== undefined && this.#idBySignIn.get(before) === id) this.#idBySignIn.delete(before);
    const signIn = this.#rows.get(id)?.sign_in;
    if (signIn === undefined) {
      this.#signInById.delete(id);
      return;
    }
    this.#signInById.set(id, signIn);
    this.#idBySignIn.set(signIn, id);
  }
}

function toUser(row: UserRow | undefined): AuthUser | undefined {
  if (!row) return undefined;
  return {
    id: row.id as UserId,
    verifier: row.password_hash,
    locked: row.locked !== 0,
    tokenGeneration: row.token_generation,
  };
}

/** Signing keys in the memory copy, and through it in the snapshot on disk. */
export class KeyRepository implements SigningKeyStore {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  all(): Iterable<StoredKey> {
    return this.#sources.replica.items(replicaParts.signingKeys).values();
  }

  async add(key: StoredKey, unusable: readonly string[]): Promise<void> {
    const { database, replica, clock } = this.#sources;
    await database.run(authProcedures.addSigningKey, { key, unusable, at: clock.wallMs() });
    await replica.refresh();
  }

  onChange(listener: () => void): () => void {
    return this.#sources.replica.onChange(replicaParts.signingKeys, listener);
  }
}

/** Revocations in SQL and in the memory copy. */
export class RevocationRepository implements RevocationStore {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  *all(): Iterable<Revocation> {
    for (const row of this.#sources.replica.items(replicaParts.revocations).values()) yield toRevocation(row);
  }

  onChange(listener: () => void): () => void {
    return this.#sources.replica.onChange(replicaParts.revocations, listener);
  }

  async add(revocations: readonly Revocation[]): Promise<void> {
    const { database, clock } = this.#sources;
    await database.run(authProcedures.addRevocations, { revocations, at: clock.wallMs() });
  }
}

function toRevocation(row: RevocationRow): Revocation {
  return {
    id: row.id,
    userId: row.user_id as UserId,
    deviceId: row.device_id as DeviceId | null,
    revokedAt: row.revoked_at,
    obsoleteAt: row.obsolete_at,
  };
}

/** The list of devices in SQL. */
export class DeviceRepository implements DeviceStore {
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  async write(entries: readonly DeviceEntry[]): Promise<void> {
    const { database, clock } = this.#sources;
    await database.run(authProcedures.writeDevices, { entries, at: clock.wallMs() });
  }
}
