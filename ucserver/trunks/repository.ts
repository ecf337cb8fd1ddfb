import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type AuditEntry, type Database, dated, type Replica, replicaParts, type SecretBox } from '#ucserver/database/index.ts';
import { trunkProcedures } from './procedures.ts';
import { type KnownTrunk, type Trunk, trunkSchema } from './trunk.ts';

/** Who does something, and from where. */
type Origin = Pick<AuditEntry, 'actor' | 'from'>;

export interface TrunkRepositoryOptions {
  readonly database: Database;
  readonly replica: Replica;
  /** Made for the purpose `trunk`. */
  readonly sealing: SecretBox;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The trunks of the company: kept in SQL, read from memory. Passwords are sealed. */
export class TrunkRepository {
  readonly #options: TrunkRepositoryOptions;

  constructor(options: TrunkRepositoryOptions) {
    this.#options = options;
  }

  /** All trunks that this version understands, by id. */
  all(): KnownTrunk[] {
    const rows = [...this.#options.replica.items(replicaParts.trunks).values()];
    return rows.flatMap((row) => this.#read(row) ?? []).sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  onChange(listener: () => void): () => void {
    return this.#options.replica.onChange(replicaParts.trunks, listener);
  }

  /**
   * @param password undefined: as it was; null: none
   * @throws what {@link Database} throws
   */
  put(trunk: Trunk, password: string | null | undefined, origin: Origin): Promise<void> {
    const { database, sealing, clock } = this.#options;
    const { id } = trunk;
    const passwordSealed = typeof password === 'string' ? sealing.seal(Buffer.from(password), id).toString('base64') : password;
    const audit = dated({ ...origin, action: 'trunk.put', object: `trunk/${id}` }, clock);
    return database.run(trunkProcedures.put, { id, document: JSON.stringify(trunk), passwordSealed, audit });
  }

  /** @throws UCError NOT_FOUND */
  remove(id: string, origin: Origin): Promise<void> {
    const { database, clock } = this.#options;
    const audit = dated({ ...origin, action: 'trunk.remove', object: `trunk/${id}` }, clock);
    return database.run(trunkProcedures.remove, { id, audit });
  }

  #read(row: {
    readonly id: string;
    readonly document: string;
    readonly password_sealed: string | null;
  }): KnownTrunk | undefined {
    const { sealing, logger } = this.#options;
    try {
      const sealed = row.password_sealed;
      const password = sealed === null ? undefined : sealing.open(Buffer.from(sealed, 'base64'), row.id).toString();
      return { ...trunkSchema.parse(JSON.parse(row.document)), password };
    } catch (error) {
      // Another version of ucmesh wrote it, or a mesh with another password.
      logger.warn('a stored trunk is not valid here', { trunk: row.id, error });
      return undefined;
    }
  }
}
