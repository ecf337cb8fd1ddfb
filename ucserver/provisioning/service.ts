import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Provisioning, SipRegistrar } from '#shared/protocol/phones.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, dated } from '#ucserver/database/index.ts';
import { type DigestVerifier, digestVerifier, type KnownDevice, type NewSecret } from '#ucserver/sip/index.ts';
import type { Directory } from '../directory/index.ts';
import type { ProvisioningConfig } from './config.ts';
import { type PhoneSettings, phoneLanguage, registrarAt } from './phone-settings.ts';
import { handedOut, provisioningProcedures } from './repository.ts';
import type { ProvisioningTokens } from './tokens.ts';

/** Below it stand token and file. */
export const provisioningPath = '/provisioning/';

export interface ProvisioningOptions {
  readonly config: ProvisioningConfig;
  readonly database: Database;
  readonly directory: Pick<Directory, 'byId'>;
  readonly cluster: Pick<Cluster, 'members' | 'self'>;
  readonly tokens: ProvisioningTokens;
  /** A device that may register. */
  readonly deviceOf: (id: string) => KnownDevice | undefined;
  /** Of the secrets of devices. */
  readonly realm: string;
  /** Where clients reach this server. */
  readonly url: () => string;
  readonly clock: Clock;
}

/** Makes the settings of phones, and decides who gets them. */
export class ProvisioningService {
  readonly #options: ProvisioningOptions;

  constructor(options: ProvisioningOptions) {
    this.#options = options;
  }

  /** Addresses from which a phone fetches its settings with this secret. Undefined where secrets would travel in clear, or no server takes phones. */
  offer({ id, secret }: NewSecret): Provisioning | undefined {
    const { tokens, config, url } = this.#options;
    if (!url().startsWith('https:') || this.registrars().length === 0) return undefined;
    const { token, madeAt } = tokens.create(id, secret);
    const folder = `${url()}${provisioningPath}${token}/`;
    // Phones of Yealink add the name of a file of their own.
    return { urls: { yealink: folder, snom: `${folder}snom.xml` }, until: madeAt + config.addressHours * 3_600_000 };
  }

  /**
   * The settings for the phone that shows this token, at most for some minutes from the first time on.
   *
   * @param from its network address
   * @throws UCError TOKEN_INVALID when it was not made here, is too old or used up, or the device was revoked or has another
   *   secret meanwhile; STORAGE_UNAVAILABLE
   */
  async settings(token: string, from: string): Promise<PhoneSettings> {
    const { tokens, config, database, deviceOf, realm, directory, clock } = this.#options;
    const read = tokens.read(token);
    const device = read && deviceOf(read.deviceId);
    const isYoung = read !== undefined && clock.wallMs() - read.madeAt <= config.addressHours * 3_600_000;
    if (!isYoung || device === undefined || !opens(device.verifier, digestVerifier(read.deviceId, realm, read.secret)))
      throw new UCError('TOKEN_INVALID');
    const [first, ...more] = this.registrars();
    if (first === undefined) throw new UCError('BUSY', 'No server takes phones now.', { retryAfterMs: 30_000 });
    const audit = dated({ actor: device.userId, action: handedOut, object: `sipDevice/${device.id}`, from }, clock);
    const isInTime = await database.run(provisioningProcedures.handOut, {
      ...{ madeAt: read.madeAt, useMs: config.useMinutes * 60_000, audit },
    });
    if (!isInTime) throw new UCError('TOKEN_INVALID');
    const user = directory.byId(device.userId);
    return {
      ...{ deviceId: device.id, secret: read.secret, registrars: [first, ...more] },
      label: user?.displayName ?? device.name,
      language: phoneLanguage(user?.language),
    };
  }

  /** This server first, then another; phones of one server have different second ones. */
  registrars(): SipRegistrar[] {
    const { cluster, config } = this.#options;
    const { self, members } = cluster;
    const others = members.all().filter(({ serverId, draining }) => serverId !== self.serverId && !draining);
    const start = Math.floor(Math.random() * others.length);
    const ordered = [members.get(self.serverId), ...others.slice(start), ...others.slice(0, start)];
    return ordered.flatMap((member) => registrarAt(member?.sip ?? [], config.prefer) ?? []);
  }
}

function opens(verifier: DigestVerifier, other: DigestVerifier): boolean {
  return verifier['SHA-256'] === other['SHA-256'];
}
