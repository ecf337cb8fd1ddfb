import { UCError } from '#shared/protocol/errors.ts';
import {
  change,
  type DatedAuditEntry,
  first,
  once,
  procedureSet,
  type Queries,
  recordAudit,
  recordChange,
  type Schema,
  type Steps,
  type StoredAct,
} from '../database/index.ts';

export type SettingRow = Schema['settings'];

export interface SettingChange {
  readonly act: StoredAct;
  /** With the version that was read; the stored one gets the next. */
  readonly row: SettingRow;
  readonly audit: Pick<DatedAuditEntry, 'id' | 'from'>;
}

function* present({ db }: Queries, { scope, setting_key }: SettingRow): Steps<SettingRow | undefined> {
  return yield* first(db.selectFrom('settings').selectAll().where('scope', '=', scope).where('setting_key', '=', setting_key));
}

/** The row is changed only if it still has the version that was seen: on SQL Server another transaction may be quicker. */
function* replace({ db }: Queries, seen: number, row: SettingRow): Steps<boolean> {
  const { scope, setting_key, ...columns } = row;
  if (seen === 0) return (yield* change(db.insertInto('settings').values(row))) > 0;
  const changed = yield* change(
    db
      .updateTable('settings')
      .set(columns)
      .where('scope', '=', scope)
      .where('setting_key', '=', setting_key)
      .where('version', '=', seen),
  );
  return changed > 0;
}

export const settingProcedures = procedureSet('settings', import.meta.url, {
  /** Stores a value with its history. @throws UCError VERSION_CONFLICT with `details.current` */
  *set(queries, { act, row, audit }: SettingChange): Steps<SettingRow> {
    return yield* once(queries, act, function* () {
      const before = yield* present(queries, row);
      const stored = { ...row, version: row.version + 1 };
      if ((before?.version ?? 0) !== row.version || !(yield* replace(queries, row.version, stored))) {
        throw new UCError('VERSION_CONFLICT', undefined, { field: 'params.version', details: { current: asCurrent(before) } });
      }
      yield* change(queries.db.insertInto('settings_history').values(stored));
      yield* recordAudit(queries, {
        ...audit,
        at: row.changed_at,
        actor: act.actorId as DatedAuditEntry['actor'],
        action: 'setting.set',
        object: `setting/${row.scope}/${row.setting_key}`,
        before: parsed(before?.value),
        after: parsed(row.value),
      });
      yield* recordChange(queries, 'settings', [row.scope], row.changed_at);
      return stored;
    });
  },
});

function parsed(value: string | null | undefined): unknown {
  return value === null || value === undefined ? undefined : JSON.parse(value);
}

function asCurrent(row: SettingRow | undefined) {
  if (row === undefined) return { value: null, version: 0, author: null, at: null };
  return { value: parsed(row.value) ?? null, version: row.version, author: row.author_id, at: row.changed_at };
}
