import { randomId, type UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Grantee, PermissionLevel } from '#shared/protocol/permissions.ts';
import {
  change,
  type DatedAuditEntry,
  first,
  once,
  procedureSet,
  recordAudit,
  recordChange,
  type Schema,
  type Steps,
  type StoredAct,
} from '#ucserver/database/index.ts';

export type GrantRow = Schema['permission_grants'];

export interface GrantChange {
  readonly act: StoredAct;
  readonly grantorId: UserId;
  readonly granteeKind: 'user' | 'group';
  readonly granteeId: string;
  /** null: the grant is taken back. */
  readonly level: PermissionLevel | null;
  readonly audit: Pick<DatedAuditEntry, 'id'>;
  /** Most grants one person may make. */
  readonly most: number;
}

export const permissionProcedures = procedureSet('permissions', import.meta.url, {
  /** @throws UCError TOO_LARGE when there are too many grants already. */
  *grant(queries, { act, grantorId, granteeKind, granteeId, level, audit, most }: GrantChange): Steps<object> {
    const { db } = queries;
    return yield* once(queries, act, function* () {
      const before = yield* first(
        db
          .selectFrom('permission_grants')
          .select('level')
          .where('grantor_id', '=', grantorId)
          .where('grantee_kind', '=', granteeKind)
          .where('grantee_id', '=', granteeId),
      );
      if ((before?.level ?? null) === level) return {};
      if (before === undefined) {
        const made = yield* first(
          db
            .selectFrom('permission_grants')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .where('grantor_id', '=', grantorId),
        );
        if (Number(made?.count ?? 0) >= most)
          throw new UCError('TOO_LARGE', `At most ${most} grants can be made.`, { field: 'params.to' });
      }
      yield* change(
        db
          .deleteFrom('permission_grants')
          .where('grantor_id', '=', grantorId)
          .where('grantee_kind', '=', granteeKind)
          .where('grantee_id', '=', granteeId),
      );
      if (level !== null) {
        const row: GrantRow = { grantor_id: grantorId, grantee_kind: granteeKind, grantee_id: granteeId, level };
        yield* change(db.insertInto('permission_grants').values(row));
      }
      yield* recordAudit(queries, {
        ...audit,
        at: act.at,
        actor: grantorId,
        action: 'permission.grant',
        object: `${granteeKind}/${granteeId}`,
        before: before?.level,
        after: level ?? undefined,
      });
      yield* recordChange(queries, 'grants', [grantorId], act.at);
      return {};
    });
  },
});

/** A grant as a change of the table. */
export function grantChange(
  grantorId: UserId,
  { actId, to, level, at }: { actId: string; to: Grantee; level: PermissionLevel | null; at: number },
  most: number,
): GrantChange {
  return {
    act: { actorId: grantorId, actId, method: 'permissions.grant', at },
    grantorId,
    granteeKind: to.kind,
    granteeId: to.kind === 'user' ? to.userId : to.groupId,
    level,
    audit: { id: randomId() },
    most,
  };
}
