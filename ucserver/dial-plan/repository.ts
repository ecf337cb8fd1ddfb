// The worker thread imports this module, so it takes the few files it needs and not the whole database with its drivers.
import { recordAudit } from '#ucserver/database/audit.ts';
import { recordChange } from '#ucserver/database/changes.ts';
import type { Database, DatedAuditEntry } from '#ucserver/database/index.ts';
import { change, first, procedureSet, type Steps } from '#ucserver/database/procedure.ts';
import type { DialProfile, ProfileOwner } from './profile.ts';

export interface ProfileChange {
  readonly owner: ProfileOwner;
  /** Undefined: there is none any more. */
  readonly profile?: DialProfile | undefined;
  readonly audit: DatedAuditEntry;
}

export const dialPlanProcedures = procedureSet('dialPlan', import.meta.url, {
  *putProfile(queries, { owner, profile, audit }: ProfileChange): Steps<void> {
    const { db } = queries;
    const before = yield* first(db.selectFrom('dial_profiles').select('document').where('id', '=', owner));
    yield* change(db.deleteFrom('dial_profiles').where('id', '=', owner));
    if (profile !== undefined) {
      const row = { id: owner, document: JSON.stringify(profile), changed_at: audit.at };
      yield* change(db.insertInto('dial_profiles').values(row));
    }
    yield* recordAudit(queries, { ...audit, before: before?.document, after: profile });
    yield* recordChange(queries, 'dialProfile', [owner], audit.at);
  },
});

/** Stores how somebody telephones. @throws what {@link Database} throws */
export function putDialProfile(database: Database, stored: ProfileChange): Promise<void> {
  return database.run(dialPlanProcedures.putProfile, stored);
}
