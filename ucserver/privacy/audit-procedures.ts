import { type DatedAuditEntry, recordAudit } from '#ucserver/database/audit.ts';
import { holdLease, type Lease } from '#ucserver/database/lease.ts';
import { change, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import type { Queries } from '#ucserver/database/queries.ts';

/** Deleted by one transaction, so that nobody waits long for it. */
const deletedAtOnce = 500;

export interface AuditTrim {
  /** What was recorded before (milliseconds since 1970) goes. */
  readonly before: number;
  readonly lease: Lease;
  /** Of the entry that says so. */
  readonly record: Pick<DatedAuditEntry, 'id' | 'at'>;
}

export const auditTrimProcedures = procedureSet('auditTrim', import.meta.url, {
  /** Deletes some old entries of the audit log and writes that down there. Answers whether there may be more. */
  *trim(queries: Queries, { before, lease, record }: AuditTrim): Steps<boolean> {
    if (!(yield* holdLease(queries, lease))) return false;
    const { db } = queries;
    const old = db
      .selectFrom('audit_entries')
      .select('id')
      .where('recorded_at', '<', before)
      .orderBy('recorded_at')
      .orderBy('id');
    const ids = (yield* rows(queries.limit<{ id: string }>(deletedAtOnce, old))).map(({ id }) => id);
    if (ids.length === 0) return false;
    yield* change(db.deleteFrom('audit_entries').where('id', 'in', ids));
    const deleted = { before, entries: ids.length };
    yield* recordAudit(queries, { ...record, actor: 'system', action: 'audit.trim', object: 'audit', after: deleted });
    return ids.length === deletedAtOnce;
  },
});
