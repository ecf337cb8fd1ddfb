import { UCError } from '#shared/protocol/errors.ts';
import { erasedSignIn } from '#ucserver/auth/sign-in-name.ts';
import { type DatedAuditEntry, recordAudit } from '#ucserver/database/audit.ts';
import { recordChange } from '#ucserver/database/changes.ts';
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import type { Queries } from '#ucserver/database/queries.ts';

export interface Anonymisation {
  readonly userId: string;
  /** What stands where the name stood. */
  readonly name: string;
  readonly audit: DatedAuditEntry;
}

export const privacyProcedures = procedureSet('privacy', import.meta.url, {
  /**
   * Takes from the directory everything that says who somebody is, and lets nobody sign in as them; their id stays, because others'
   * conversations name it. Done again it changes nothing more.
   *
   * @throws UCError NOT_FOUND
   */
  *anonymise(queries: Queries, { userId, name, audit }: Anonymisation): Steps<void> {
    const { db } = queries;
    const user = yield* first(db.selectFrom('users').select(['version', 'token_generation']).where('id', '=', userId));
    if (user === undefined) throw new UCError('NOT_FOUND');
    const blank = { title: null, company: null, department: null, office: null, address: null } as const;
    const numbers = { work_phone: null, mobile_phone: null, private_phone: null } as const;
    const account = {
      sign_in: erasedSignIn(userId),
      password_hash: null,
      locked: 1,
      administrator: 0,
      home_server: null,
    } as const;
    yield* change(
      db
        .updateTable('users')
        .set({ ...account, ...blank, ...numbers, display_name: name, email: '', language: null, time_zone: null })
        .set({ picture_version: 0, token_generation: user.token_generation + 1, version: user.version + 1 })
        .where('id', '=', userId),
    );
    yield* forget(queries, userId, audit.at);
    yield* recordAudit(queries, audit);
    yield* recordChange(queries, 'user', [userId], audit.at);
  },

  /** Once more what {@link anonymise} takes away beside the profile: sessions that were still open may have written it again. */
  *forget(queries: Queries, { userId, at }: { userId: string; at: number }): Steps<void> {
    yield* forget(queries, userId, at);
  },

  /** What a person uploaded goes as soon as no message refers to it; its name goes now. */
  *releaseFiles({ db }: Queries, { userId, at }: { userId: string; at: number }): Steps<number> {
    return yield* change(db.updateTable('files').set({ name: 'erased', look_at: at }).where('owner_id', '=', userId));
  },
});

/** Rows that are about nobody else. */
function* forget(queries: Queries, userId: string, at: number): Steps<void> {
  const { db } = queries;
  const groups = yield* rows(db.selectFrom('group_members').select('group_id').where('user_id', '=', userId));
  const grantors = yield* rows(
    db.selectFrom('permission_grants').select('grantor_id').where('grantee_kind', '=', 'user').where('grantee_id', '=', userId),
  );
  const phones = yield* rows(db.selectFrom('sip_devices').select('id').where('user_id', '=', userId));
  yield* change(db.deleteFrom('pictures').where('user_id', '=', userId));
  yield* change(db.deleteFrom('user_presence').where('user_id', '=', userId));
  yield* change(db.deleteFrom('contact_lists').where('user_id', '=', userId));
  yield* change(db.deleteFrom('devices').where('user_id', '=', userId));
  yield* change(db.deleteFrom('sip_devices').where('user_id', '=', userId));
  yield* change(db.deleteFrom('group_members').where('user_id', '=', userId));
  yield* change(db.deleteFrom('chat_drafts').where('user_id', '=', userId));
  yield* change(db.deleteFrom('acts').where('actor_id', '=', userId));
  yield* change(db.deleteFrom('permission_grants').where('grantor_id', '=', userId));
  yield* change(db.deleteFrom('permission_grants').where('grantee_kind', '=', 'user').where('grantee_id', '=', userId));
  for (const [kind, ids] of [
    ['userPresence', [userId]],
    ['contactList', [userId]],
    ['devices', [userId]],
    ['sipDevice', phones.map(({ id }) => id)],
    ['groupMembers', groups.map(({ group_id }) => group_id)],
    ['grants', [...new Set([userId, ...grantors.map(({ grantor_id }) => grantor_id)])]],
  ] as const)
    yield* recordChange(queries, kind, ids, at);
}
