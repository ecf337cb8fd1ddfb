import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Replica, replicaParts } from '#ucserver/database/index.ts';
import { type Licence, type LicensedFeature, licenceState, readLicence, seatsOf } from './licence.ts';
import { installedLicence } from './procedures.ts';
import type { SeatLimit } from './seat-pool.ts';

export interface LicenceInForceOptions {
  readonly replica: Pick<Replica, 'items'>;
  readonly issuer: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The installed licence, from the memory copy of the database; the built-in one, without limits, when there is none. */
export class LicenceInForce {
  readonly #options: LicenceInForceOptions;
  readonly #listeners = new Set<() => void>();
  #row: { readonly document: string; readonly installed_at: number } | undefined;
  #licence: Licence | undefined;
  #state: string | undefined;

  constructor(options: LicenceInForceOptions) {
    this.#options = options;
  }

  get isLimited(): boolean {
    return this.#current() !== undefined;
  }

  limit(feature: LicensedFeature): SeatLimit {
    const { clock } = this.#options;
    const licence = this.#current();
    const nowMs = clock.wallMs();
    const isExpired = licence !== undefined && licenceState(licence, nowMs) === 'expired';
    return { seats: seatsOf(licence, feature, nowMs), installedAt: this.#row?.installed_at ?? 0, isExpired };
  }

  /** Called after another licence has come into force. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Notices a change; called regularly. */
  look(): void {
    const before = this.#state;
    const state = this.describe();
    this.#state = state;
    if (before === undefined || before === state) return;
    this.#options.logger.warn('The licence in force has changed', { licence: state });
    for (const listener of this.#listeners) listener();
  }

  /** For people. */
  describe(): string {
    const licence = this.#current();
    if (licence === undefined) return 'community: no limits';
    return `${licence.id} of ${licence.customer}: ${licenceState(licence, this.#options.clock.wallMs())}, installed ${this.#row?.installed_at}`;
  }

  #current(): Licence | undefined {
    const { replica, issuer, logger } = this.#options;
    const row = replica.items(replicaParts.licences).get(installedLicence);
    if (row === this.#row) return this.#licence;
    this.#row = row;
    this.#licence = undefined;
    if (row === undefined) return undefined;
    if (issuer === undefined) {
      logger.warn('A licence is installed, but no issuer is configured: it is not looked at');
      return undefined;
    }
    try {
      this.#licence = readLicence(row.document, issuer);
    } catch (error) {
      logger.error('The installed licence is not valid: it is not looked at', { error });
    }
    return this.#licence;
  }
}
