import { type DatedAuditEntry, first, procedureSet, recordAudit, type Steps } from '#ucserver/database/index.ts';

/** Says in the audit log that a phone has fetched its secret. */
export const handedOut = 'sipDevice.provision';

export interface HandingOut {
  /** When the token was made, in ms since 1970. */
  readonly madeAt: number;
  /** For how long after the first time it may be used. */
  readonly useMs: number;
  readonly audit: DatedAuditEntry;
}

export const provisioningProcedures = procedureSet('provisioning', import.meta.url, {
  /**
   * Takes note in the audit log that a secret is handed out, which is also how it is known that it was.
   *
   * @returns false when the first time is too long ago
   */
  *handOut(queries, { madeAt, useMs, audit }: HandingOut): Steps<boolean> {
    const { db } = queries;
    const before = yield* first(
      queries.limit(
        1,
        db
          .selectFrom('audit_entries')
          .select('recorded_at')
          .where('object_id', '=', audit.object)
          .where('action', '=', audit.action)
          .where('recorded_at', '>=', madeAt)
          .orderBy('recorded_at'),
      ),
    );
    if (before !== undefined && audit.at - before.recorded_at > useMs) return false;
    yield* recordAudit(queries, audit);
    return true;
  },
});
