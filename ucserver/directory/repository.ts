import { UCError } from '#shared/protocol/errors.ts';
import {
  change,
  type Database,
  type DatedAuditEntry,
  first,
  procedureSet,
  type Queries,
  recordAudit,
  recordChange,
  type Schema,
  type Steps,
  statement,
} from '../database/index.ts';
import type { Picture, PictureType } from './picture.ts';
import type { UserRow } from './user.ts';
import type { UserColumns } from './user-fields.ts';

type GroupRow = Schema['user_groups'];

/** What is written down about a change: its object and what it was before and after are added by the procedure. */
export type Origin = Pick<DatedAuditEntry, 'id' | 'at' | 'actor' | 'from'>;

const insertUser = statement<UserRow>((db, param) =>
  db.insertInto('users').values({
    id: param('id'),
    sign_in: param('sign_in'),
    display_name: param('display_name'),
    email: param('email'),
    password_hash: param('password_hash'),
    locked: param('locked'),
    administrator: param('administrator'),
    language: param('language'),
    time_zone: param('time_zone'),
    picture_version: param('picture_version'),
    home_server: param('home_server'),
    title: param('title'),
    company: param('company'),
    department: param('department'),
    office: param('office'),
    address: param('address'),
    work_phone: param('work_phone'),
    mobile_phone: param('mobile_phone'),
    private_phone: param('private_phone'),
    token_generation: param('token_generation'),
    version: param('version'),
    created_at: param('created_at'),
  }),
);

const insertMember = statement<Schema['group_members']>((db, param) =>
  db.insertInto('group_members').values({ group_id: param('group_id'), user_id: param('user_id') }),
);

const deleteMember = statement<Schema['group_members']>((db, param) =>
  db.deleteFrom('group_members').where('group_id', '=', param('group_id')).where('user_id', '=', param('user_id')),
);

const readMember = statement<Schema['group_members'], { user_id: string }>((db, param) =>
  db
    .selectFrom('group_members')
    .select('user_id')
    .where('group_id', '=', param('group_id'))
    .where('user_id', '=', param('user_id')),
);

const readPicture = statement<{ id: string }, Schema['pictures']>((db, param) =>
  db.selectFrom('pictures').selectAll().where('user_id', '=', param('id')),
);

/** Locks the row, so that what is read of it stays so. @throws UCError NOT_FOUND */
function* lockedUser({ db }: Queries, id: string): Steps<UserRow> {
  yield* change(
    db
      .updateTable('users')
      .set((eb) => ({ version: eb.ref('version') }))
      .where('id', '=', id),
  );
  const row = yield* first(db.selectFrom('users').selectAll().where('id', '=', id));
  if (row === undefined) throw new UCError('NOT_FOUND');
  return row;
}

function* storeUser(queries: Queries, row: UserRow, columns: Partial<UserRow>, at: number): Steps<void> {
  const { db } = queries;
  yield* change(
    db
      .updateTable('users')
      .set({ ...columns, version: row.version + 1 })
      .where('id', '=', row.id),
  );
  yield* recordChange(queries, 'user', [row.id], at);
}

export interface UserChange {
  readonly id: string;
  /** The version that was read; undefined: whatever stands there. */
  readonly version?: number | undefined;
  readonly columns: UserColumns & Partial<Pick<UserRow, 'locked' | 'password_hash'>>;
  /** Voids all tokens of the user. */
  readonly endTokens: boolean;
  readonly action: string;
  readonly origin: Origin;
}

/** Columns whose content is not for the record. */
const secretColumns: ReadonlySet<string> = new Set(['password_hash']);

function recorded(row: Partial<UserRow>, columns: object): Record<string, unknown> {
  const named = Object.keys(columns).filter((column) => !secretColumns.has(column));
  return Object.fromEntries(named.map((column) => [column, (row as Readonly<Record<string, unknown>>)[column]]));
}

export const directoryProcedures = procedureSet('directory', import.meta.url, {
  *createUsers(queries, { users, origins }: { users: readonly UserRow[]; origins: readonly Origin[] }) {
    yield* change(queries.bindEach(insertUser, users));
    for (const [index, origin] of origins.entries()) {
      const user = users[index];
      if (user === undefined) continue;
      const after = { sign_in: user.sign_in, display_name: user.display_name, administrator: user.administrator };
      yield* recordAudit(queries, { ...origin, action: 'user.create', object: `user/${user.id}`, after });
    }
    const ids = users.map(({ id }) => id);
    yield* recordChange(queries, 'user', ids, origins[0]?.at ?? 0);
  },

  /** @throws UCError NOT_FOUND, VERSION_CONFLICT */
  *changeUser(queries, { id, version, columns, endTokens, action, origin }: UserChange) {
    const row = yield* lockedUser(queries, id);
    if (version !== undefined && version !== row.version) {
      throw new UCError('VERSION_CONFLICT', undefined, {
        field: 'params.version',
        details: { current: { version: row.version } },
      });
    }
    yield* recordAudit(queries, {
      ...origin,
      action,
      object: `user/${id}`,
      before: recorded(row, columns),
      after: recorded(columns, columns),
    });
    const tokens = endTokens ? { token_generation: row.token_generation + 1 } : {};
    yield* storeUser(queries, row, { ...columns, ...tokens }, origin.at);
  },

  /** Answers the picture's version. @throws UCError NOT_FOUND */
  *setPicture(
    queries,
    { id, mediaType, bytes, origin }: { id: string; mediaType: PictureType; bytes: Uint8Array; origin: Origin },
  ) {
    const row = yield* lockedUser(queries, id);
    // Never a version that was there before, so that caches may keep pictures for ever.
    const version = Math.max(row.picture_version + 1, origin.at);
    yield* change(queries.db.deleteFrom('pictures').where('user_id', '=', id));
    yield* change(queries.db.insertInto('pictures').values({ user_id: id, media_type: mediaType, bytes, version }));
    yield* recordAudit(queries, { ...origin, action: 'user.picture', object: `user/${id}`, after: { bytes: bytes.length } });
    yield* storeUser(queries, row, { picture_version: version }, origin.at);
    return version;
  },

  /** @throws UCError NOT_FOUND */
  *removePicture(queries, { id, origin }: { id: string; origin: Origin }) {
    const row = yield* lockedUser(queries, id);
    yield* change(queries.db.deleteFrom('pictures').where('user_id', '=', id));
    yield* recordAudit(queries, { ...origin, action: 'user.picture', object: `user/${id}` });
    yield* storeUser(queries, row, { picture_version: 0 }, origin.at);
  },

  *createGroup(queries, { group, members, origin }: { group: GroupRow; members: readonly string[]; origin: Origin }) {
    yield* change(queries.db.insertInto('user_groups').values(group));
    yield* change(
      queries.bindEach(
        insertMember,
        members.map((user_id) => ({ group_id: group.id, user_id })),
      ),
    );
    yield* recordAudit(queries, {
      ...origin,
      action: 'group.create',
      object: `group/${group.id}`,
      after: { name: group.name, members },
    });
    yield* recordChange(queries, 'group', [group.id], origin.at);
    yield* recordChange(queries, 'groupMembers', [group.id], origin.at);
  },

  /** @throws UCError NOT_FOUND */
  *changeMembers(queries, { id, add, remove, origin }: MembersChange) {
    const raised = yield* change(
      queries.db
        .updateTable('user_groups')
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('id', '=', id),
    );
    if (raised === 0) throw new UCError('NOT_FOUND');
    yield* change(
      queries.bindEach(
        deleteMember,
        remove.map((user_id) => ({ group_id: id, user_id })),
      ),
    );
    for (const user_id of add) {
      const member = { group_id: id, user_id };
      if ((yield* first(queries.bind(readMember, member))) === undefined) yield* change(queries.bind(insertMember, member));
    }
    yield* recordAudit(queries, { ...origin, action: 'group.members', object: `group/${id}`, after: { add, remove } });
    yield* recordChange(queries, 'group', [id], origin.at);
    yield* recordChange(queries, 'groupMembers', [id], origin.at);
  },
});

export interface MembersChange {
  readonly id: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly origin: Origin;
}

/** @throws UCError STORAGE_UNAVAILABLE */
export async function pictureOf(database: Database, id: string): Promise<Picture | undefined> {
  const [row] = await database.read(database.queries.bind(readPicture, { id }));
  if (row === undefined) return undefined;
  return { mediaType: row.media_type as PictureType, bytes: new Uint8Array(row.bytes), version: row.version };
}
