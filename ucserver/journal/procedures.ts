import { callIdSchema, userIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { holdLease, type Lease } from '#ucserver/database/lease.ts';
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';
import { type HeldRow, type KeptRow, type NewRow, planRecord } from './journal-plan.ts';
import { removedPrecedence } from './precedence.ts';

type Key = { readonly userId: string; readonly callId: string };
type Held = { user_id: string; call_id: string; precedence: string; document: string; note: string | null; unread: number };

/** Changed by one transaction, so that nobody waits long for it. */
export const rowsAtOnce = 500;

const readHeld = statement<Key, Held>((db, param) =>
  db
    .selectFrom('journal_entries')
    .select(['user_id', 'call_id', 'precedence', 'document', 'note', 'unread'])
    .where('user_id', '=', param('userId'))
    .where('call_id', '=', param('callId')),
);
const insertRow = statement<KeptRow>((db, param) =>
  db.insertInto('journal_entries').values({
    user_id: param('userId'),
    call_id: param('callId'),
    started_at: param('startedAt'),
    precedence: param('precedence'),
    document: param('document'),
    note: null,
    unread: param('unread'),
    removed_at: null,
  }),
);
/** Changes nothing when a row of a higher precedence has come meanwhile. */
const replaceRow = statement<KeptRow>((db, param) =>
  db
    .updateTable('journal_entries')
    .set({
      started_at: param('startedAt'),
      precedence: param('precedence'),
      document: param('document'),
      unread: param('unread'),
    })
    .where('user_id', '=', param('userId'))
    .where('call_id', '=', param('callId'))
    .where('precedence', '<', param('precedence')),
);
const markRow = statement<Key>((db, param) =>
  db
    .updateTable('journal_entries')
    .set({ unread: 0 })
    .where('user_id', '=', param('userId'))
    .where('call_id', '=', param('callId'))
    .where('unread', '=', 1),
);
const removeRow = statement<Key & { at: number }>((db, param) =>
  db
    .updateTable('journal_entries')
    .set({ precedence: removedPrecedence, document: '{}', note: null, unread: 0, removed_at: param('at') })
    .where('user_id', '=', param('userId'))
    .where('call_id', '=', param('callId'))
    .where('precedence', '<', removedPrecedence),
);
const deleteRow = statement<Key>((db, param) =>
  db.deleteFrom('journal_entries').where('user_id', '=', param('userId')).where('call_id', '=', param('callId')),
);
const rewriteRow = statement<Key & { document: string }>((db, param) =>
  db
    .updateTable('journal_entries')
    .set({ document: param('document') })
    .where('user_id', '=', param('userId'))
    .where('call_id', '=', param('callId'))
    .where('precedence', '<', removedPrecedence),
);

export const journalProcedures = procedureSet('journal', import.meta.url, {
  /** Takes rows, each call of a person once; answers those that are new or say more than what was there. */
  *record(queries: Queries, { list }: { list: readonly NewRow[] }): Steps<readonly KeptRow[]> {
    const held = yield* rows(queries.bindEach<NewRow, Held>(readHeld, list));
    const { insert, replace } = planRecord(list, held.map(toHeld));
    if (insert.length > 0) yield* change(queries.bindEach(insertRow, insert));
    if (replace.length > 0) yield* change(queries.bindEach(replaceRow, replace));
    return [...insert, ...replace];
  },

  /** @throws UCError NOT_FOUND */
  *note(queries: Queries, { userId, callId, note }: Key & { note: string | null }): Steps<HeldRow> {
    const { db } = queries;
    const changed = yield* change(
      db
        .updateTable('journal_entries')
        .set({ note })
        .where('user_id', '=', userId)
        .where('call_id', '=', callId)
        .where('removed_at', 'is', null),
    );
    const row = changed === 0 ? undefined : yield* first(queries.bind<Key, Held>(readHeld, { userId, callId }));
    if (row === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.callId' });
    return toHeld(row);
  },

  /** Missed calls that are named were seen. */
  *markNamed(queries: Queries, { list }: { list: readonly Key[] }): Steps<void> {
    yield* change(queries.bindEach(markRow, list));
  },

  /** Missed calls that began up to a moment were seen. */
  *markUpTo({ db }: Queries, { userId, upTo }: { userId: string; upTo: number }): Steps<void> {
    yield* change(
      db
        .updateTable('journal_entries')
        .set({ unread: 0 })
        .where('user_id', '=', userId)
        .where('unread', '=', 1)
        .where('started_at', '<=', upTo),
    );
  },

  /** Leaves of a row that it is gone, so that it does not come back when it is recorded again. */
  *remove(queries: Queries, { list, at }: { list: readonly Key[]; at: number }): Steps<void> {
    yield* change(
      queries.bindEach(
        removeRow,
        list.map((key) => ({ ...key, at })),
      ),
    );
  },

  /** Takes or renews the lease. */
  *hold(queries: Queries, lease: Lease): Steps<boolean> {
    return yield* holdLease(queries, lease);
  },

  /**
   * Deletes some of what began before a moment, of one person. `held`: false when another server is at it; `more`: there may be further
   * ones.
   */
  *deleteOlder(queries: Queries, { userId, before, lease }: { userId: string; before: number; lease: Lease }): Steps<Deleted> {
    if (!(yield* holdLease(queries, lease))) return { held: false, more: false };
    return { held: true, more: yield* deleteSome(queries, userId, before) };
  },

  /** Deletes some of what stands in the journal of a person; answers whether there is more. */
  *erase(queries: Queries, { userId }: { userId: string }): Steps<boolean> {
    return yield* deleteSome(queries, userId, Number.MAX_SAFE_INTEGER);
  },

  /** Writes other documents for rows, whose precedence stays: who wrote them knew no more. */
  *rewrite(queries: Queries, { list }: { list: readonly (Key & { document: string })[] }): Steps<void> {
    yield* change(queries.bindEach(rewriteRow, list));
  },
});

export interface Deleted {
  readonly held: boolean;
  readonly more: boolean;
}

function* deleteSome(queries: Queries, userId: string, before: number): Steps<boolean> {
  const old = queries.db
    .selectFrom('journal_entries')
    .select(['user_id', 'call_id'])
    .where('user_id', '=', userId)
    .where('started_at', '<', before)
    .orderBy('started_at');
  const found = yield* rows(queries.limit<{ user_id: string; call_id: string }>(rowsAtOnce, old));
  const keys = found.map((row) => ({ userId: row.user_id, callId: row.call_id }));
  if (keys.length > 0) yield* change(queries.bindEach(deleteRow, keys));
  return keys.length === rowsAtOnce;
}

function toHeld({ user_id, call_id, ...row }: Held): HeldRow {
  return { userId: userIdSchema.parse(user_id), callId: callIdSchema.parse(call_id), ...row };
}
