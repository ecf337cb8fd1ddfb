import { type DeviceId, randomId, type UserId } from '#shared/ids.ts';
import { authRevoked, type Revocation, revocationSchema } from '#shared/mesh/contracts/auth.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';

/** Where revocations stand. */
export interface RevocationStore {
  /** Those this server has in memory. */
  all(): Iterable<Revocation>;
  onChange(listener: () => void): () => void;
  /** Adds them; those that are there already stay as they are. */
  add(revocations: readonly Revocation[]): Promise<void>;
}

export interface RevocationsOptions {
  readonly store: RevocationStore;
  readonly mesh: Pick<Mesh, 'broadcast' | 'on' | 'addResync'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the longest-lived token holds: after that a revocation means nothing any more. */
  readonly tokenMs: number;
}

export type RevokedListener = (revocation: Revocation) => void;

const retryMs = 1_000;
const sweepMs = 3_600_000;
/** Older ones are in every server's memory copy by now; newer ones are told again after a gap. */
const toldAgainMs = 600_000;

/**
 * Which tokens are void. A revocation holds here at once and on the other servers as soon as the mesh has told them; SQL keeps
 * it. While SQL is away it is kept in memory and stored later.
 */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #byId = new Map<string, Revocation>();
  readonly #byUser = new Map<UserId, Revocation[]>();
  readonly #unstored = new Map<string, Revocation>();
  readonly #listeners: RevokedListener[] = [];
  readonly #stops: (() => void)[] = [];
  #retry: Timer | undefined;
  #storing = false;

  constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  start(): void {
    const { store, mesh, clock } = this.#options;
    const sweep = clock.every(sweepMs, () => this.#sweep());
    this.#stops.push(
      () => sweep.stop(),
      store.onChange(() => this.#apply(store.all())),
      mesh.on(authRevoked, ({ revocations }) => this.#apply(revocations)),
      mesh.addResync({
        name: 'auth.revocations',
        item: revocationSchema,
        page: (_asker, after, limit) => this.#page(after, limit),
        apply: (items) => this.#apply(items),
      }),
    );
    this.#apply(store.all());
  }

  stop(): void {
    this.#retry?.stop();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Makes all tokens void that these devices (null: all devices of the user) hold now. */
  async revoke(userId: UserId, devices: readonly DeviceId[] | null): Promise<void> {
    const revokedAt = this.#options.clock.wallMs();
    const obsoleteAt = revokedAt + this.#options.tokenMs;
    const revocations = (devices ?? [null]).map((deviceId) => ({ id: randomId(), userId, deviceId, revokedAt, obsoleteAt }));
    if (revocations.length === 0) return;
    for (const each of revocations) this.#unstored.set(each.id, each);
    this.#apply(revocations);
    this.#options.mesh.broadcast(authRevoked, { revocations });
    await this.#store();
  }

  /** Whether a token of this device of a sign-in at `signedInAt` (wall ms) was revoked. */
  includes(userId: UserId, deviceId: DeviceId, signedInAt: number): boolean {
    return (this.#byUser.get(userId) ?? []).some((each) => concerns(each, deviceId, signedInAt));
  }

  /** Heard once per revocation and server, wherever it was made. */
  onRevoked(listener: RevokedListener): void {
    this.#listeners.push(listener);
  }

  #apply(revocations: Iterable<Revocation>): void {
    const nowMs = this.#options.clock.wallMs();
    for (const each of revocations) {
      if (this.#byId.has(each.id) || each.obsoleteAt <= nowMs) continue;
      this.#byId.set(each.id, each);
      this.#byUser.set(each.userId, [...(this.#byUser.get(each.userId) ?? []), each]);
      for (const listener of this.#listeners) listener(each);
    }
  }

  #page(after: string | undefined, limit: number) {
    const sinceMs = this.#options.clock.wallMs() - toldAgainMs;
    const young = [...this.#byId.values()].filter(({ id, revokedAt }) => revokedAt >= sinceMs || this.#unstored.has(id));
    const rest = young.filter(({ id }) => after === undefined || id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
    const items = rest.slice(0, limit);
    return rest.length > limit ? { items, next: items.at(-1)?.id } : { items };
  }

  async #store(): Promise<void> {
    if (this.#storing || this.#unstored.size === 0) return;
    this.#storing = true;
    const batch = [...this.#unstored.values()];
    try {
      await this.#options.store.add(batch);
      for (const { id } of batch) this.#unstored.delete(id);
    } catch (error) {
      this.#options.logger.warn('Revocations hold, but are not stored yet', { count: batch.length, error });
    }
    this.#storing = false;
    if (this.#unstored.size === 0) return;
    this.#retry?.stop();
    this.#retry = this.#options.clock.after(retryMs, () => void this.#store());
  }

  #sweep(): void {
    const nowMs = this.#options.clock.wallMs();
    for (const [userId, all] of this.#byUser) {
      const left = all.filter(({ obsoleteAt }) => obsoleteAt > nowMs);
      if (left.length === all.length) continue;
      for (const { id, obsoleteAt } of all) if (obsoleteAt <= nowMs) this.#byId.delete(id);
      if (left.length > 0) this.#byUser.set(userId, left);
      else this.#byUser.delete(userId);
    }
  }
}

/** Whether a revocation makes a token of this device void. */
export function concerns({ deviceId: revoked, revokedAt }: Revocation, deviceId: DeviceId, signedInAt: number): boolean {
  return (revoked === null || revoked === deviceId) && signedInAt <= revokedAt;
}
