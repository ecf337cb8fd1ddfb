import { UCError } from '#shared/protocol/errors.ts';
// The worker thread imports this module, so it takes the few files it needs and not the whole database with its drivers.
import { type DatedAuditEntry, recordAudit } from '#ucserver/database/audit.ts';
import { recordChange } from '#ucserver/database/changes.ts';
import { change, first, procedureSet, type Steps } from '#ucserver/database/procedure.ts';

export interface StoredTrunk {
  readonly id: string;
  readonly document: string;
  /** Undefined: it stays as it is; null: none. */
  readonly passwordSealed: string | null | undefined;
  readonly audit: DatedAuditEntry;
}

export const trunkProcedures = procedureSet('trunks', import.meta.url, {
  *put(queries, { id, document, passwordSealed, audit }: StoredTrunk): Steps<void> {
    const { db } = queries;
    const before = yield* first(db.selectFrom('trunks').selectAll().where('id', '=', id));
    yield* change(db.deleteFrom('trunks').where('id', '=', id));
    const row = {
      ...{ id, document, password_sealed: passwordSealed === undefined ? (before?.password_sealed ?? null) : passwordSealed },
      ...{ version: (before?.version ?? 0) + 1, changed_at: audit.at },
    };
    yield* change(db.insertInto('trunks').values(row));
    yield* recordAudit(queries, { ...audit, before: before?.document, after: document });
    yield* recordChange(queries, 'trunk', [id], audit.at);
  },

  /** @throws UCError NOT_FOUND */
  *remove(queries, { id, audit }: { id: string; audit: DatedAuditEntry }): Steps<void> {
    const { db } = queries;
    const before = yield* first(db.selectFrom('trunks').select('document').where('id', '=', id));
    if (before === undefined) throw new UCError('NOT_FOUND', `There is no trunk ${id}.`);
    yield* change(db.deleteFrom('trunks').where('id', '=', id));
    yield* recordAudit(queries, { ...audit, before: before.document });
    yield* recordChange(queries, 'trunk', [id], audit.at);
  },
});
