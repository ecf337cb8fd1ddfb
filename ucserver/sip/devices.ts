import { randomBytes } from 'node:crypto';
import type { UserId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { SipDevice } from '#shared/protocol/phones.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, dated, type Replica, replicaParts } from '#ucserver/database/index.ts';
import { type DigestVerifier, digestVerifier } from './digest.ts';
import { sipProcedures } from './repository.ts';

const purpose = 'sip secret';

export interface SipDevicesOptions {
  readonly database: Database;
  readonly replica: Replica;
  readonly meshKeys: MeshKeys;
  readonly clock: Clock;
}

/** What is needed to let a device in. */
export interface KnownDevice {
  readonly id: string;
  readonly userId: UserId;
  readonly verifier: DigestVerifier;
}

/** SIP devices: looked up in memory, so that phones register while SQL is away; kept in SQL. */
export class SipDevices {
  /** The realm of their secrets, the same on every server. */
  readonly realm: string;
  readonly #options: SipDevicesOptions;

  constructor(options: SipDevicesOptions) {
    this.#options = options;
    this.realm = options.meshKeys.meshId;
  }

  /** A device that may register: it was not revoked, and its person is not locked. */
  find(id: string): KnownDevice | undefined {
    const { replica } = this.#options;
    const row = replica.items(replicaParts.sipDevices).get(id);
    if (row === undefined || row.revoked_at !== null) return undefined;
    if (replica.items(replicaParts.users).get(row.user_id)?.locked !== 0) return undefined;
    return { id, userId: row.user_id as UserId, verifier: { MD5: row.verifier_md5, 'SHA-256': row.verifier_sha256 } };
  }

  list(userId: UserId): readonly SipDevice[] {
    return [...this.#options.replica.items(replicaParts.sipDevices).values()]
      .filter((row) => row.user_id === userId && row.revoked_at === null)
      .map(({ id, name, created_at: createdAt }) => ({ id, name, createdAt }))
      .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  }

  /**
   * Makes a device. Its secret is derived from its random id, so that a repeated act can tell it again though it is kept nowhere.
   *
   * @throws UCError QUOTA_EXCEEDED, STORAGE_UNAVAILABLE
   */
  async create(userId: UserId, { actId, name }: Params<'phones.create'>): Promise<Result<'phones.create'>> {
    const { database, replica, clock } = this.#options;
    const at = clock.wallMs();
    const id = randomBytes(10).toString('hex');
    const verifier = digestVerifier(id, this.realm, this.#secretOf(id));
    const act = { actorId: userId, actId, method: 'phones.create', at };
    const audit = dated({ actor: userId, action: 'sipDevice.create', object: `sipDevice/${id}`, after: { name } }, clock);
    const device = await database.run(sipProcedures.create, { act, device: { id, name, createdAt: at }, verifier, audit });
    await replica.refresh();
    return { device, realm: this.realm, secret: this.#secretOf(device.id) };
  }

  /** @throws UCError NOT_FOUND, STORAGE_UNAVAILABLE */
  async revoke(userId: UserId, { actId, id }: Params<'phones.revoke'>): Promise<Result<'phones.revoke'>> {
    const { database, replica, clock } = this.#options;
    const act = { actorId: userId, actId, method: 'phones.revoke', at: clock.wallMs() };
    const audit = dated({ actor: userId, action: 'sipDevice.revoke', object: `sipDevice/${id}` }, clock);
    await database.run(sipProcedures.revoke, { act, id, audit });
    await replica.refresh();
    return {};
  }

  /** A device was made or taken away, or a person was locked or let in: {@link find} may answer differently. Answers how to stop listening. */
  onChange(listener: () => void): () => void {
    const { replica } = this.#options;
    const stops = [replicaParts.sipDevices, replicaParts.users].map((part) => replica.onChange(part, listener));
    return () => {
      for (const stop of stops) stop();
    };
  }

  #secretOf(id: string): string {
    return this.#options.meshKeys.mac(purpose, id).slice(0, 32);
  }
}
