import { UCError } from '#shared/protocol/errors.ts';
import type { SipDevice } from '#shared/protocol/phones.ts';
import {
  change,
  type DatedAuditEntry,
  first,
  once,
  procedureSet,
  recordAudit,
  recordChange,
  rows,
  type Steps,
  type StoredAct,
} from '#ucserver/database/index.ts';
import type { DigestVerifier } from './digest.ts';

/** A user who needs more has lost track of them. */
export const devicesPerUser = 20;

export interface NewSipDevice {
  readonly act: StoredAct;
  readonly device: SipDevice;
  readonly verifier: DigestVerifier;
  readonly audit: DatedAuditEntry;
}

export interface Renewal {
  readonly userId: string;
  readonly id: string;
  readonly verifier: DigestVerifier;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly audit: DatedAuditEntry;
}

export interface Revocation {
  readonly act: StoredAct;
  readonly id: string;
  readonly audit: DatedAuditEntry;
}

export const sipProcedures = procedureSet('sip', import.meta.url, {
  /** Stores a device of the actor. @throws UCError QUOTA_EXCEEDED */
  *create(queries, { act, device, verifier, audit }: NewSipDevice): Steps<SipDevice> {
    const { db } = queries;
    return yield* once(queries, act, function* () {
      const own = db.selectFrom('sip_devices').select('id').where('user_id', '=', act.actorId).where('revoked_at', 'is', null);
      if ((yield* rows(own)).length >= devicesPerUser)
        throw new UCError('QUOTA_EXCEEDED', `A person has at most ${devicesPerUser} SIP devices.`);
      const { id, name, createdAt } = device;
      const verifiers = { verifier_md5: verifier.MD5, verifier_sha256: verifier['SHA-256'] };
      const row = { id, user_id: act.actorId, name, ...verifiers, created_at: createdAt, revoked_at: null };
      yield* change(db.insertInto('sip_devices').values(row));
      yield* recordAudit(queries, audit);
      yield* recordChange(queries, 'sipDevice', [id], act.at);
      return device;
    });
  },

  /** Replaces the secret of a device. @throws UCError NOT_FOUND */
  *renew(queries, { userId, id, verifier, at, audit }: Renewal): Steps<SipDevice> {
    const { db } = queries;
    const own = db.selectFrom('sip_devices').selectAll().where('id', '=', id).where('user_id', '=', userId);
    const known = yield* first(own.where('revoked_at', 'is', null));
    if (known === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.id' });
    const verifiers = { verifier_md5: verifier.MD5, verifier_sha256: verifier['SHA-256'] };
    yield* change(db.updateTable('sip_devices').set(verifiers).where('id', '=', id));
    yield* recordAudit(queries, audit);
    yield* recordChange(queries, 'sipDevice', [id], at);
    return { id, name: known.name, createdAt: known.created_at };
  },

  /** Takes a device of the actor away; one that is gone already stays so. @throws UCError NOT_FOUND */
  *revoke(queries, { act, id, audit }: Revocation): Steps<object> {
    const { db } = queries;
    return yield* once(queries, act, function* () {
      const known = yield* first(
        db.selectFrom('sip_devices').selectAll().where('id', '=', id).where('user_id', '=', act.actorId),
      );
      if (known === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.id' });
      if (known.revoked_at !== null) return {};
      yield* change(db.updateTable('sip_devices').set({ revoked_at: act.at }).where('id', '=', id));
      yield* recordAudit(queries, { ...audit, before: { name: known.name } });
      yield* recordChange(queries, 'sipDevice', [id], act.at);
      return {};
    });
  },
});
