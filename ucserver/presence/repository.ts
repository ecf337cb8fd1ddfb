import type { UserId } from '#shared/ids.ts';
import { presenceStateSchema } from '#shared/mesh/contracts/presence.ts';
import { type PresenceVersion, presenceVersionSchema } from '#shared/protocol/presence.ts';
import {
  change,
  first,
  procedureSet,
  type Queries,
  recordChange,
  type Schema,
  type Steps,
  statement,
} from '#ucserver/database/index.ts';
import type { LastingPresence } from './owned-user.ts';
import type { StoredPresence } from './unowned.ts';
import { compareVersions } from './versions.ts';

export type PresenceRow = Schema['user_presence'];

const readRow = statement<{ userId: string }, PresenceRow>((db, param) =>
  db.selectFrom('user_presence').selectAll().where('user_id', '=', param('userId')),
);
const insertRow = statement<PresenceRow>((db, param) =>
  db.insertInto('user_presence').values({
    user_id: param('user_id'),
    note: param('note'),
    note_until: param('note_until'),
    note_set_at: param('note_set_at'),
    manual: param('manual'),
    manual_set_at: param('manual_set_at'),
    last_seen: param('last_seen'),
    version: param('version'),
  }),
);
const updateRow = statement<PresenceRow>((db, param) =>
  db
    .updateTable('user_presence')
    .set({
      note: param('note'),
      note_until: param('note_until'),
      note_set_at: param('note_set_at'),
      manual: param('manual'),
      manual_set_at: param('manual_set_at'),
      last_seen: param('last_seen'),
      version: param('version'),
    })
    .where('user_id', '=', param('user_id')),
);
const raiseLastSeen = statement<{ userId: string; at: number }>((db, param) =>
  db
    .updateTable('user_presence')
    .set({ last_seen: param('at') })
    .where('user_id', '=', param('userId'))
    .where(({ or, eb }) => or([eb('last_seen', 'is', null), eb('last_seen', '<', param('at'))])),
);

function* store(queries: Queries, row: PresenceRow): Steps<boolean> {
  const before = yield* first(queries.bind(readRow, { userId: row.user_id }));
  if (before === undefined) {
    yield* change(queries.bind(insertRow, row));
    return true;
  }
  // A server that lost the user may write late: what a later owner wrote stands.
  if (compareVersions(versionIn(before.version), versionIn(row.version)) > 0) return false;
  yield* change(queries.bind(updateRow, row));
  return true;
}

export interface LastSeen {
  readonly userId: string;
  readonly at: number;
}

export const presenceProcedures = procedureSet('presence', import.meta.url, {
  /** Stores what outlives sessions, each unless a later owner has written. */
  *save(queries, { rows, at }: { rows: readonly PresenceRow[]; at: number }): Steps<number> {
    const stored: string[] = [];
    for (const row of rows) if (yield* store(queries, row)) stored.push(row.user_id);
    yield* recordChange(queries, 'userPresence', stored, at);
    return stored.length;
  },

  /**
   * Raises when people were last seen. Other servers are told only when that matters (`told`): of people who are here it does not.
   */
  *seen(queries, { users, told, at }: { users: readonly LastSeen[]; told: boolean; at: number }): Steps<number> {
    const raised: string[] = [];
    for (const user of users) if ((yield* change(queries.bind(raiseLastSeen, user))) > 0) raised.push(user.userId);
    if (told) yield* recordChange(queries, 'userPresence', raised, at);
    return raised.length;
  },
});

function versionIn(text: string): PresenceVersion {
  return presenceVersionSchema.parse(JSON.parse(text));
}

export function toRow(userId: UserId, lasting: LastingPresence, version: PresenceVersion): PresenceRow {
  const { manual, manualSetAt, note, noteSetAt, lastSeen } = lasting;
  return {
    user_id: userId,
    note: note?.text ?? null,
    note_until: note?.until ?? null,
    note_set_at: noteSetAt || null,
    manual: manual.lasting || manual.timed ? JSON.stringify(manual) : null,
    manual_set_at: manualSetAt || null,
    last_seen: lastSeen ?? null,
    version: JSON.stringify(version),
  };
}

/** Whether a row holds something that was set later than what is known. Most rows that come are those this server wrote itself. */
export function isNews({ manual_set_at, note_set_at }: PresenceRow, known: LastingPresence): boolean {
  return (manual_set_at ?? 0) > known.manualSetAt || (note_set_at ?? 0) > known.noteSetAt;
}

/** @returns `undefined` for a row that another version wrote in a way this one does not understand. */
export function toStored(row: PresenceRow): StoredPresence | undefined {
  const { note, note_until, note_set_at, manual, manual_set_at, last_seen } = row;
  const version = presenceVersionSchema.safeParse(JSON.parse(row.version));
  const claims = presenceStateSchema.shape.manual.safeParse(manual === null ? undefined : JSON.parse(manual));
  if (!version.success || !claims.success) return undefined;
  return {
    manual: claims.data ?? {},
    manualSetAt: manual_set_at ?? 0,
    note: note === null ? undefined : note_until === null ? { text: note } : { text: note, until: note_until },
    noteSetAt: note_set_at ?? 0,
    lastSeen: last_seen ?? undefined,
    version: version.data,
  };
}
