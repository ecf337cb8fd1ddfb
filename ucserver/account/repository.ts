import * as z from 'zod';
import type { DeviceId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, type Replica, replicaParts, statement } from '#ucserver/database/index.ts';

/** A device on which a user is signed in; times are wall ms. */
export interface StoredDevice {
  readonly deviceId: DeviceId;
  readonly kind: 'browser' | 'desktop' | 'mobile';
  readonly name: string;
  readonly signedInAt: number;
  readonly lastUsedAt: number;
}

const kindSchema = z.enum(['browser', 'desktop', 'mobile']).catch('browser');

const readUses = statement<{ userId: string }, { id: string; last_used_at: number; refresh_until: number | null }>((db, param) =>
  db.selectFrom('devices').select(['id', 'last_used_at', 'refresh_until']).where('user_id', '=', param('userId')),
);

/** The devices of users: which there are stands in memory, when they were used last in SQL only. */
export class SignedInDevices {
  readonly #database: Database;
  readonly #replica: Replica;
  readonly #clock: Clock;

  constructor({ database, replica, clock }: { readonly database: Database; readonly replica: Replica; readonly clock: Clock }) {
    this.#database = database;
    this.#replica = replica;
    this.#clock = clock;
  }

  /** Ids of the devices that are not signed out; perhaps also of some that were not used for too long. */
  idsOf(userId: UserId): DeviceId[] {
    return this.#rows(userId).map(({ id }) => id as DeviceId);
  }

  /** The one used last first. While SQL is away the last use is not known: the sign-in stands for it. */
  async of(userId: UserId): Promise<StoredDevice[]> {
    const uses = await this.#uses(userId);
    const nowMs = this.#clock.wallMs();
    return this.#rows(userId)
      .filter(({ id, refresh_until }) => (uses.get(id)?.refresh_until ?? refresh_until ?? 0) > nowMs)
      .map(({ id, kind, name, created_at }) => ({
        deviceId: id as DeviceId,
        kind: kindSchema.parse(kind),
        name,
        signedInAt: created_at,
        lastUsedAt: Math.max(created_at, uses.get(id)?.last_used_at ?? 0),
      }))
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt);
  }

  #rows(userId: UserId) {
    const rows = this.#replica.items(replicaParts.devices).get(userId) ?? [];
    return rows.filter(({ revoked_at }) => revoked_at === null);
  }

  async #uses(userId: UserId) {
    try {
      const rows = await this.#database.read(this.#database.queries.bind(readUses, { userId }));
      return new Map(rows.map((row) => [row.id, row]));
    } catch (error) {
      if (error instanceof UCError && error.code === 'STORAGE_UNAVAILABLE') return new Map<string, never>();
      throw error;
    }
  }
}
