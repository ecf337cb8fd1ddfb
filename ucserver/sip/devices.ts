import { randomBytes } from 'node:crypto';
import type { UserId } from '#shared/ids.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Provisioning, SipDevice, SipRegistrar } from '#shared/protocol/phones.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, dated, type Replica, replicaParts } from '#ucserver/database/index.ts';
import { type DigestVerifier, digestVerifier } from './digest.ts';
import { sipProcedures } from './repository.ts';

export interface SipDevicesOptions {
  readonly database: Database;
  readonly replica: Replica;
  /** Of the secrets of devices, the same on every server. */
  readonly realm: string;
  readonly clock: Clock;
  /** Where phones register. */
  readonly registrars: () => SipRegistrar[];
  /** How a phone gets its settings by itself; undefined where it cannot. */
  readonly provisioning: (device: NewSecret) => Provisioning | undefined;
}

/** A device whose secret has just been made. */
export interface NewSecret {
  readonly id: string;
  readonly userId: UserId;
  readonly secret: string;
}

/** What is needed to let a device in. */
export interface KnownDevice {
  readonly id: string;
  readonly userId: UserId;
  readonly name: string;
  readonly verifier: DigestVerifier;
}

/** SIP devices: looked up in memory, so that phones register while SQL is away; kept in SQL. */
export class SipDevices {
  readonly realm: string;
  readonly #options: SipDevicesOptions;

  constructor(options: SipDevicesOptions) {
    this.#options = options;
    this.realm = options.realm;
  }

  /** A device that may register: it was not revoked, and its person is not locked. */
  find(id: string): KnownDevice | undefined {
    const known = this.known(id);
    return known?.isAdmitted === true ? known.device : undefined;
  }

  /** Also one that may not register (any more). */
  known(id: string): { readonly device: KnownDevice; readonly isAdmitted: boolean } | undefined {
    const { replica } = this.#options;
    const row = replica.items(replicaParts.sipDevices).get(id);
    if (row === undefined) return undefined;
    const isAdmitted = row.revoked_at === null && replica.items(replicaParts.users).get(row.user_id)?.locked === 0;
    const verifier = { MD5: row.verifier_md5, 'SHA-256': row.verifier_sha256 };
    return { device: { id, userId: row.user_id as UserId, name: row.name, verifier }, isAdmitted };
  }

  list(userId: UserId): readonly SipDevice[] {
    return [...this.#options.replica.items(replicaParts.sipDevices).values()]
      .filter((row) => row.user_id === userId && row.revoked_at === null)
      .map(({ id, name, created_at: createdAt }) => ({ id, name, createdAt }))
      .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  }

  /**
   * Makes a device with a random secret, which is kept nowhere. Who repeats the act gets the same device with a new secret: the
   * answer with the first one was lost.
   *
   * @throws UCError QUOTA_EXCEEDED, NOT_FOUND when it was revoked since, STORAGE_UNAVAILABLE
   */
  async create(userId: UserId, { actId, name }: Params<'phones.create'>): Promise<Result<'phones.create'>> {
    const { database, clock } = this.#options;
    const at = clock.wallMs();
    const id = randomBytes(10).toString('hex');
    const secret = newSecret();
    const verifier = digestVerifier(id, this.realm, secret);
    const act = { actorId: userId, actId, method: 'phones.create', at };
    const audit = dated({ actor: userId, action: 'sipDevice.create', object: `sipDevice/${id}`, after: { name } }, clock);
    const device = await database.run(sipProcedures.create, { act, device: { id, name, createdAt: at }, verifier, audit });
    if (device.id !== id) return await this.renew(userId, device.id);
    return await this.#handOut(userId, device, secret);
  }

  /**
   * Gives a device a new secret; the old one is worth nothing any more.
   *
   * @throws UCError NOT_FOUND, STORAGE_UNAVAILABLE
   */
  async renew(userId: UserId, id: string): Promise<Result<'phones.renewSecret'>> {
    const { database, clock } = this.#options;
    const secret = newSecret();
    const verifier = digestVerifier(id, this.realm, secret);
    const audit = dated({ actor: userId, action: 'sipDevice.renew', object: `sipDevice/${id}` }, clock);
    const device = await database.run(sipProcedures.renew, { userId, id, verifier, at: clock.wallMs(), audit });
    return await this.#handOut(userId, device, secret);
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

  /** Tells a secret, once. */
  async #handOut(userId: UserId, device: SipDevice, secret: string): Promise<Result<'phones.create'>> {
    const { replica, registrars, provisioning } = this.#options;
    await replica.refresh();
    return {
      device,
      realm: this.realm,
      secret,
      registrars: registrars(),
      provisioning: provisioning({ id: device.id, userId, secret }),
    };
  }
}

function newSecret(): string {
  return randomBytes(24).toString('base64url');
}
