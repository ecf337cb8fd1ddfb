import { type Incarnation, type ServerId, serverIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
// The worker thread imports this module, so it takes the few files it needs and not the whole database with its drivers.
import { type DatedAuditEntry, recordAudit } from '#ucserver/database/audit.ts';
import { recordChange } from '#ucserver/database/changes.ts';
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import type { Queries } from '#ucserver/database/queries.ts';
import {
  type Block,
  type Ledger,
  type LedgerAnswer,
  type LedgerRequest,
  type NamedSeat,
  planLedger,
  sameHolder,
} from './ledger-plan.ts';

/** What is asked of the ledger of a feature, and under which licence. */
export interface LedgerCall {
  readonly feature: string;
  readonly asked: LedgerRequest;
  readonly limit: number;
  /** When the licence from which the limit is was installed. */
  readonly installedAt: number;
}

export interface Installation {
  /** Absent: the licence is taken away. */
  readonly document?: string;
  /** Wall time in ms; `at` names the installation, so it must be a new one. */
  readonly at: number;
  readonly audit: DatedAuditEntry;
}

export interface Freeing {
  readonly feature: string;
  readonly serverId: ServerId;
  readonly audit: DatedAuditEntry;
}

export const installedLicence = 'installed';
export const licenceChange = 'licence';

const readNow = {
  sqlite: "select cast(unixepoch('subsec') * 1000 as integer) as now",
  mssql: "select datediff_big(millisecond, '1970-01-01', sysutcdatetime()) as now",
} as const;

export const licensingProcedures = procedureSet('licensing', import.meta.url, {
  /** Puts a licence in force; `undefined` as document takes it away. */
  *install(queries: Queries, { document, at, audit }: Installation): Steps<void> {
    const { db } = queries;
    const before = yield* first(db.selectFrom('licences').select('document').where('id', '=', installedLicence));
    yield* change(db.deleteFrom('licences').where('id', '=', installedLicence));
    if (document !== undefined)
      yield* change(db.insertInto('licences').values({ id: installedLicence, document, installed_at: at }));
    yield* recordAudit(queries, { ...audit, before: before?.document, after: document });
    yield* recordChange(queries, licenceChange, [installedLicence], at);
  },

  /** @throws UCError VERSION_CONFLICT when another licence is in force. */
  *sync(queries: Queries, { feature, asked, limit, installedAt }: LedgerCall): Steps<LedgerAnswer> {
    const { db } = queries;
    // The row is the lock of the feature.
    yield* change(
      db
        .updateTable('licence_features')
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('feature', '=', feature),
    );
    const licence = yield* first(db.selectFrom('licences').select('installed_at').where('id', '=', installedLicence));
    if (licence?.installed_at !== installedAt) throw new UCError('VERSION_CONFLICT');
    const clock = yield* first<{ now: number }>({ sql: readNow[queries.engine], sets: [[]] });
    if (asked.anew) yield* dropNames(queries, feature, asked.holder);
    const before = yield* readLedger(queries, feature, asked);
    const { ledger, answer } = planLedger(before, asked, limit, clock?.now ?? 0);
    yield* writeBlocks(queries, feature, before.blocks, ledger.blocks);
    yield* writeNames(queries, feature, before.names, ledger.names);
    return answer;
  },

  /** The block of a server is free, because an administrator says that it will not come back. Answers its seats. */
  *free(queries: Queries, { feature, serverId, audit }: Freeing): Steps<number> {
    const { db } = queries;
    const mine = (yield* readBlocks(queries, feature)).find(({ holder }) => holder.serverId === serverId);
    yield* change(
      db.updateTable('licence_blocks').set({ frees_at: 0 }).where('feature', '=', feature).where('server_id', '=', serverId),
    );
    if (mine === undefined) return 0;
    yield* recordAudit(queries, { ...audit, before: { feature, seats: mine.seats } });
    return mine.seats;
  },
});

function* readBlocks({ db }: Queries, feature: string): Steps<Block[]> {
  const found = yield* rows(db.selectFrom('licence_blocks').selectAll().where('feature', '=', feature).orderBy('server_id'));
  return found.map(({ server_id, life, seats, request, frees_at }) => ({
    ...{ holder: incarnation(server_id, life), seats, request, freesAt: frees_at },
  }));
}

/** Names only permit others to claim them, so without them nothing is given that could not be given before. */
function* dropNames({ db }: Queries, feature: string, { serverId, life }: Incarnation): Steps<void> {
  const names = db.deleteFrom('licence_names').where('feature', '=', feature).where('from_server', 'is', null);
  yield* change(names.where('server_id', '=', serverId).where('life', '=', life));
}

/** The blocks, all seats that are along with names, and the names that are asked about. */
function* readLedger(queries: Queries, feature: string, { added, removed, claimed }: LedgerRequest): Steps<Ledger> {
  const { db } = queries;
  const blocks = yield* readBlocks(queries, feature);
  const seats = db.selectFrom('licence_names').selectAll().where('feature', '=', feature);
  const found = yield* rows(seats.where('from_server', 'is not', null));
  const asked = [...new Set([...added, ...removed, ...claimed])];
  if (asked.length > 0) found.push(...(yield* rows(seats.where('from_server', 'is', null).where('name', 'in', asked))));
  return {
    blocks,
    names: found.map(({ name, server_id, life, from_server, from_life }) => ({
      name,
      holder: incarnation(server_id, life),
      ...(from_server === null || from_life === null ? {} : { from: incarnation(from_server, from_life) }),
    })),
  };
}

function* writeBlocks({ db }: Queries, feature: string, before: readonly Block[], after: readonly Block[]): Steps<void> {
  for (const { holder } of before) {
    if (after.some((block) => sameHolder(block.holder, holder))) continue;
    yield* change(db.deleteFrom('licence_blocks').where('feature', '=', feature).where('server_id', '=', holder.serverId));
    const names = db.deleteFrom('licence_names').where('feature', '=', feature);
    yield* change(names.where('server_id', '=', holder.serverId).where('life', '=', holder.life));
  }
  for (const block of after) {
    const { holder, seats, request, freesAt } = block;
    const known = before.find((each) => sameHolder(each.holder, holder));
    if (known !== undefined && known.seats === seats && known.request === request && known.freesAt === freesAt) continue;
    const values = { life: holder.life, seats, request, frees_at: freesAt };
    if (known === undefined)
      yield* change(db.insertInto('licence_blocks').values({ feature, server_id: holder.serverId, ...values }));
    else {
      const update = db.updateTable('licence_blocks').set(values).where('feature', '=', feature);
      yield* change(update.where('server_id', '=', holder.serverId));
    }
  }
}

function* writeNames(queries: Queries, feature: string, before: readonly NamedSeat[], after: readonly NamedSeat[]): Steps<void> {
  const { db } = queries;
  const kept = new Set(after);
  const gone = before.filter((seat) => !kept.has(seat)).map(({ name }) => name);
  for (let at = 0; at < gone.length; at += namesAtOnce) {
    const some = gone.slice(at, at + namesAtOnce);
    yield* change(db.deleteFrom('licence_names').where('feature', '=', feature).where('name', 'in', some));
  }
  const known = new Set(before);
  const fresh = after.filter((seat) => !known.has(seat));
  for (let at = 0; at < fresh.length; at += namesAtOnce) {
    const values = fresh.slice(at, at + namesAtOnce).map(({ name, holder, from }) => ({
      ...{ feature, name, server_id: holder.serverId, life: holder.life },
      ...{ from_server: from?.serverId ?? null, from_life: from?.life ?? null },
    }));
    yield* change(db.insertInto('licence_names').values(values));
  }
}

/** SQL Server takes 2,100 parameters. */
const namesAtOnce = 300;

function incarnation(serverId: string, life: number): Incarnation {
  return { serverId: serverIdSchema.parse(serverId), life };
}
