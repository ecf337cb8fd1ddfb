import { serverIdSchema } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import type { AuditEntry, Database } from '#ucserver/database/index.ts';
import type { LedgerAnswer } from './ledger-plan.ts';
import { licensedFeatures } from './licence.ts';
import { installedLicence, type LedgerCall, licensingProcedures } from './procedures.ts';

/** Who does something, and from where. */
type Origin = Pick<AuditEntry, 'actor' | 'from'>;

/** The ledger in SQL. Everything it throws is what {@link Database} throws. */
export class LicensingRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws UCError VERSION_CONFLICT when another licence is in force. */
  sync(call: LedgerCall): Promise<LedgerAnswer> {
    return this.#database.run(licensingProcedures.sync, call);
  }

  /**
   * @param document `undefined` takes the licence away.
   * @param at wall time in ms, another one for each installation
   */
  install(document: string | undefined, at: number, origin: Origin): Promise<void> {
    const action = document === undefined ? 'licence.remove' : 'licence.install';
    const audit = { ...origin, id: randomId(), at, action, object: `licence/${installedLicence}` };
    return this.#database.run(licensingProcedures.install, { at, audit, ...(document === undefined ? {} : { document }) });
  }

  /** Lets the next grants use the seats of a server that will not come back. @returns how many it held */
  async freeAll(serverId: string, at: number, origin: Origin): Promise<number> {
    let freed = 0;
    for (const feature of licensedFeatures) {
      const audit = { ...origin, id: randomId(), at, action: 'licence.free', object: `server/${serverId}` };
      freed += await this.#database.run(licensingProcedures.free, { feature, serverId: serverIdSchema.parse(serverId), audit });
    }
    return freed;
  }

  /** What is installed, and who holds what. */
  async show(): Promise<{ document: string | undefined; blocks: { feature: string; serverId: string; seats: number }[] }> {
    const { db } = this.#database.queries;
    const [licence] = await this.#database.read(db.selectFrom('licences').select('document').where('id', '=', installedLicence));
    const blocks = await this.#database.read(
      db.selectFrom('licence_blocks').select(['feature', 'server_id', 'seats']).orderBy('feature').orderBy('server_id'),
    );
    return {
      document: licence?.document,
      blocks: blocks.map(({ feature, server_id, seats }) => ({ feature, serverId: server_id, seats })),
    };
  }
}
