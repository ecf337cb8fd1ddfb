import { UCError } from '#shared/protocol/errors.ts';
import {
  change,
  first,
  once,
  procedureSet,
  recordChange,
  rows,
  type Schema,
  type Steps,
  type StoredAct,
  statement,
} from '#ucserver/database/index.ts';

/** Transactions that the tests of the database run; a module of their own, because threads import it. */
const insertConversation = statement<{ id: string; at: number }>((db, param) =>
  db.insertInto('conversations').values({
    id: param('id'),
    kind: 'direct',
    last_seq: 0,
    created_at: param('at'),
    title: null,
    history_visible: 1,
    emptied_seq: 0,
  }),
);
const raiseHead = statement<{ id: string }>((db, param) =>
  db
    .updateTable('conversations')
    .set((eb) => ({ last_seq: eb('last_seq', '+', 1) }))
    .where('id', '=', param('id')),
);
const readHead = statement<{ id: string }, { last_seq: number }>((db, param) =>
  db.selectFrom('conversations').select('last_seq').where('id', '=', param('id')),
);

const blankUser = {
  email: '',
  locked: 0,
  administrator: 0,
  picture_version: 0,
  token_generation: 0,
  version: 1,
  password_hash: null,
  language: null,
  time_zone: null,
  home_server: null,
  title: null,
  company: null,
  department: null,
  office: null,
  address: null,
  work_phone: null,
  mobile_phone: null,
  private_phone: null,
};

export const testProcedures = procedureSet('test', import.meta.url, {
  *create(queries, { id, at }: { id: string; at: number }) {
    yield* change(queries.bind(insertConversation, { id, at }));
  },
  *createEach(queries, { ids, at }: { ids: readonly string[]; at: number }): Steps<number> {
    return yield* change(
      queries.bindEach(
        insertConversation,
        ids.map((id) => ({ id, at })),
      ),
    );
  },
  *raise(queries, { id }: { id: string }): Steps<number> {
    yield* change(queries.bind(raiseHead, { id }));
    return (yield* first(queries.bind(readHead, { id })))?.last_seq ?? 0;
  },
  *raiseAndFail(queries, { id, how }: { id: string; how: 'told' | 'broken' | 'duplicate' }) {
    yield* change(queries.bind(raiseHead, { id }));
    if (how === 'told') throw new UCError('FORBIDDEN', 'not this one', { details: { id } });
    if (how === 'broken') throw new TypeError('a mistake');
    yield* change(queries.bind(insertConversation, { id, at: 1 }));
  },
  *insertEntry(queries, entry: Schema['entries']) {
    yield* change(queries.db.insertInto('entries').values(entry));
  },
  *insertPicture(queries, picture: Schema['pictures']) {
    yield* change(queries.db.insertInto('pictures').values(picture));
  },
  *record(queries, { ids, at }: { ids: readonly string[]; at: number }): Steps<number> {
    return yield* recordChange(queries, 'test', ids, at);
  },
  *raiseOnce(queries, { act, id }: { act: StoredAct; id: string }): Steps<{ seq: number }> {
    return yield* once(queries, act, function* () {
      yield* change(queries.bind(raiseHead, { id }));
      return { seq: (yield* first(queries.bind(readHead, { id })))?.last_seq ?? 0 };
    });
  },
  *addUser(queries, { id, name, at }: { id: string; name: string; at: number }) {
    yield* change(queries.db.insertInto('users').values({ ...blankUser, id, sign_in: id, display_name: name, created_at: at }));
    yield* recordChange(queries, 'user', [id], at);
  },
  *renameUser(queries, { id, name, at }: { id: string; name: string; at: number }) {
    yield* change(queries.db.updateTable('users').set({ display_name: name }).where('id', '=', id));
    yield* recordChange(queries, 'user', [id], at);
  },
  *renameUserSilently(queries, { id, name }: { id: string; name: string }) {
    yield* change(queries.db.updateTable('users').set({ display_name: name }).where('id', '=', id));
  },
  *removeUser(queries, { id, at }: { id: string; at: number }) {
    yield* change(queries.db.deleteFrom('users').where('id', '=', id));
    yield* recordChange(queries, 'user', [id], at);
  },
  /** Makes a group of the directory what is given, whatever it was. */
  *setDepartment(queries, { id, name, members, at }: { id: string; name: string; members: readonly string[]; at: number }) {
    const { db } = queries;
    const known = yield* first(db.selectFrom('user_groups').select('version').where('id', '=', id));
    const version = (known?.version ?? 0) + 1;
    if (known === undefined) yield* change(db.insertInto('user_groups').values({ id, name, version, created_at: at }));
    else yield* change(db.updateTable('user_groups').set({ name, version }).where('id', '=', id));
    yield* change(db.deleteFrom('group_members').where('group_id', '=', id));
    for (const user_id of members) yield* change(db.insertInto('group_members').values({ group_id: id, user_id }));
    yield* recordChange(queries, 'group', [id], at);
    yield* recordChange(queries, 'groupMembers', [id], at);
  },
  *heads(queries, { ids }: { ids: readonly string[] }): Steps<number[]> {
    const found = yield* rows(queries.db.selectFrom('conversations').select('last_seq').where('id', 'in', ids).orderBy('id'));
    return found.map(({ last_seq }) => last_seq);
  },
});
