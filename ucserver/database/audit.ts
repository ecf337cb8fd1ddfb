import { randomId, type UserId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Database } from './port.ts';
import { change, procedureSet, type Steps } from './procedure.ts';
import { type Queries, statement } from './queries.ts';
import type { AuditEntryTable } from './tables/store.ts';

/** What somebody did to something, for the record. Never hold secrets: name what changed, not the password. */
export interface AuditEntry {
  /** A user id; `system` when no person did it. */
  readonly actor: UserId | 'system';
  /** Verb of the feature, for example `user.lock`. */
  readonly action: string;
  /** What it was done to, for example `user/<id>`. */
  readonly object: string;
  /** JSON values; undefined when there was or is nothing. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** Network address it came from. */
  readonly from?: string | undefined;
}

/** An entry on its way into a procedure, with the id and the time it shall have. */
export interface DatedAuditEntry extends AuditEntry {
  readonly id: string;
  readonly at: number;
}

export function dated(entry: AuditEntry, clock: Clock): DatedAuditEntry {
  return { ...entry, id: randomId(), at: clock.wallMs() };
}

const insertEntry = statement<AuditEntryTable>((db, param) =>
  db.insertInto('audit_entries').values({
    id: param('id'),
    recorded_at: param('recorded_at'),
    actor_id: param('actor_id'),
    action: param('action'),
    object_id: param('object_id'),
    before_value: param('before_value'),
    after_value: param('after_value'),
    source_address: param('source_address'),
  }),
);

/** Part of a procedure: writes down what the transaction does, so that neither happens without the other. */
export function* recordAudit(queries: Queries, entry: DatedAuditEntry): Steps<void> {
  const row: AuditEntryTable = {
    id: entry.id,
    recorded_at: entry.at,
    actor_id: entry.actor,
    action: entry.action,
    object_id: entry.object,
    before_value: asJson(entry.before),
    after_value: asJson(entry.after),
    source_address: entry.from ?? null,
  };
  yield* change(queries.bind(insertEntry, row));
}

function asJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

export const auditProcedures = procedureSet('audit', import.meta.url, {
  *record(queries, entry: DatedAuditEntry) {
    yield* recordAudit(queries, entry);
  },
});

/** Where a page of the record ended. */
export interface AuditCursor {
  readonly at: number;
  readonly id: string;
}

/** The record of who did what. */
export class Audit {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Writes down something that was not done by a transaction of its own (see {@link recordAudit}). @throws UCError STORAGE_UNAVAILABLE */
  async record(entry: AuditEntry): Promise<void> {
    await this.#database.run(auditProcedures.record, dated(entry, this.#clock));
  }

  /**
   * The newest entries, newest first.
   *
   * @param limit 1–500
   * @param before the last entry of the page before
   */
  async list(limit: number, before?: AuditCursor): Promise<readonly (AuditEntry & AuditCursor)[]> {
    const { queries } = this.#database;
    let query = queries.db.selectFrom('audit_entries').selectAll().orderBy('recorded_at', 'desc').orderBy('id', 'desc');
    if (before !== undefined) {
      query = query.where((eb) =>
        eb.or([eb('recorded_at', '<', before.at), eb.and([eb('recorded_at', '=', before.at), eb('id', '<', before.id)])]),
      );
    }
    const rows = await this.#database.read(queries.limit(limit, query));
    return rows.map(fromRow);
  }
}

function fromRow(row: AuditEntryTable): AuditEntry & AuditCursor {
  return {
    id: row.id,
    at: row.recorded_at,
    actor: row.actor_id as UserId,
    action: row.action,
    object: row.object_id,
    before: row.before_value === null ? undefined : JSON.parse(row.before_value),
    after: row.after_value === null ? undefined : JSON.parse(row.after_value),
    from: row.source_address ?? undefined,
  };
}
