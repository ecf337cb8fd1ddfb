import { type ConversationId, conversationIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import type { ConversationKind } from '#shared/protocol/chat.ts';
// The worker thread imports this module, so it takes the few files it needs and not the whole database with its drivers.
import { recordChange } from '#ucserver/database/changes.ts';
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';
import { type EntryColumns, fromColumns, type PlacementColumns, toPlacementColumns } from './commit-columns.ts';
import { emptiedBody, planCommit, type StoredEntry } from './commit-plan.ts';
import { type EntryRow, toEntry } from './entry-row.ts';
import { targetOf } from './entry-target.ts';
import { referToFiles } from './file-references.ts';
import { applyMembership, membersChange } from './membership-steps.ts';
import { type MemberPosition, planPositions, type StoredPosition } from './position-plan.ts';

const lockConversation = statement<{ id: string }>((db, param) =>
  db
    .updateTable('conversations')
    .set((eb) => ({ last_seq: eb.ref('last_seq') }))
    .where('id', '=', param('id')),
);

export const readHead = statement<{ id: string }, { id: string; last_seq: number }>((db, param) =>
  db.selectFrom('conversations').select(['id', 'last_seq']).where('id', '=', param('id')),
);

export const readEntry = statement<{ conversationId: string; entryId: string }, EntryRow>((db, param) =>
  db
    .selectFrom('entries')
    .selectAll()
    .where('conversation_id', '=', param('conversationId'))
    .where('entry_id', '=', param('entryId')),
);

const insertEntry = statement<StoredEntry & { targetId: string | null }>((db, param) =>
  db.insertInto('entries').values({
    conversation_id: param('conversationId'),
    seq: param('seq'),
    entry_id: param('entryId'),
    author_id: param('author'),
    kind: param('kind'),
    body: param('body'),
    accepted_at: param('at'),
    target_id: param('targetId'),
  }),
);

interface Target {
  readonly conversationId: string;
  readonly target: string;
}

const emptyMessage = statement<Target>((db, param) =>
  db
    .updateTable('entries')
    .set({ body: emptiedBody })
    .where('conversation_id', '=', param('conversationId'))
    .where('entry_id', '=', param('target')),
);

const emptyEdits = statement<Target>((db, param) =>
  db
    .updateTable('entries')
    .set({ body: emptiedBody })
    .where('conversation_id', '=', param('conversationId'))
    .where('target_id', '=', param('target'))
    .where('kind', '=', 'edit'),
);

const readDeletes = statement<Target, { target_id: string | null }>((db, param) =>
  db
    .selectFrom('entries')
    .select('target_id')
    .where('conversation_id', '=', param('conversationId'))
    .where('target_id', '=', param('target'))
    .where('kind', '=', 'delete'),
);

const raiseHead = statement<{ id: string; lastSeq: number }>((db, param) =>
  db
    .updateTable('conversations')
    .set({ last_seq: param('lastSeq') })
    .where('id', '=', param('id')),
);

export const readGeneration = statement<Record<never, never>, { generation: number }>((db) =>
  db.selectFrom('database_identity').select('generation').where('id', '=', 1),
);

/** A conversation that does not exist yet. */
export interface NewConversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly members: readonly UserId[];
  /** Wall time in ms. */
  readonly at: number;
}

export interface Muting {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly until: number | null;
}

interface PositionRow {
  conversation_id: string;
  user_id: string;
  read_seq: number;
  delivered_seq: number;
  last_seq: number;
}

const readPosition = statement<MemberPosition, PositionRow>((db, param) =>
  db
    .selectFrom('conversation_members as m')
    .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
    .select(['m.conversation_id', 'm.user_id', 'm.read_seq', 'm.delivered_seq', 'c.last_seq'])
    .where('m.conversation_id', '=', param('conversationId'))
    .where('m.user_id', '=', param('userId')),
);

const raisePosition = statement<MemberPosition>((db, param) =>
  db
    .updateTable('conversation_members')
    .set({ read_seq: param('read'), delivered_seq: param('delivered') })
    .where('conversation_id', '=', param('conversationId'))
    .where('user_id', '=', param('userId')),
);

interface CommitOutcome extends PlacementColumns {
  readonly generation: number;
  /** Files that messages of the batch name and that are not there any more. */
  readonly goneFiles: readonly string[];
}

export const chatProcedures = procedureSet('chat', import.meta.url, {
  /** @throws StatementError `duplicate` when the conversation exists. */
  *create(queries: Queries, { id, kind, members, at }: NewConversation): Steps<void> {
    const { db } = queries;
    const conversation = { id, kind, last_seq: 0, created_at: at, title: null, history_visible: 1, emptied_seq: 0 };
    yield* change(db.insertInto('conversations').values(conversation));
    const fresh = {
      joined_seq: 0,
      left_seq: null,
      read_seq: 0,
      delivered_seq: 0,
      role: 'member',
      visible_from: 1,
      muted_until: null,
    };
    for (const userId of members)
      yield* change(db.insertInto('conversation_members').values({ conversation_id: id, user_id: userId, ...fresh }));
    yield* recordChange(queries, membersChange, [id], at);
  },

  /** The one way of an entry into SQL. Running the same batch again changes nothing and answers the same numbers. */
  *commit(queries: Queries, columns: EntryColumns): Steps<CommitOutcome> {
    const batch = fromColumns(columns);
    // Always in the order of ids, so that two batches never wait for each other.
    const conversations = [...new Set(batch.map(({ conversationId }) => conversationId))].sort().map((id) => ({ id }));
    // On SQLite the transaction is already the only writer.
    if (queries.engine === 'mssql') yield* change(queries.bindEach(lockConversation, conversations));
    const heads = yield* rows(queries.bindEach(readHead, conversations));
    const present = yield* rows(queries.bindEach(readEntry, batch));
    const lastSeqs = new Map(heads.map(({ id, last_seq }) => [id as ConversationId, last_seq]));
    const plan = planCommit(batch, lastSeqs, present.map(toEntry));
    let goneFiles: readonly string[] = [];
    if (plan.inserts.length > 0) {
      const inserts = plan.inserts.map((entry) => ({ ...entry, targetId: targetOf(entry) ?? null }));
      yield* change(queries.bindEach(insertEntry, inserts));
      yield* emptyDeleted(queries, inserts);
      goneFiles = yield* referToFiles(queries, inserts);
      yield* change(queries.bindEach(raiseHead, plan.heads));
    }
    const identity = yield* first(queries.bind(readGeneration, {}));
    yield* applyMembership(queries, plan.inserts);
    return { generation: identity?.generation ?? 0, goneFiles, ...toPlacementColumns(plan.placements) };
  },

  /** No notices for this member until then, in ms since 1970; `null`: they come again. */
  *mute(queries: Queries, { conversationId, userId, until }: Muting): Steps<void> {
    const update = queries.db.updateTable('conversation_members').set({ muted_until: until });
    yield* change(update.where('conversation_id', '=', conversationId).where('user_id', '=', userId));
  },

  /** Stores how far members have got; the highest wins, and nobody gets further than the log. */
  *raisePositions(queries: Queries, positions: readonly MemberPosition[]): Steps<void> {
    const stored = yield* rows(queries.bindEach(readPosition, positions));
    const raised = planPositions(positions, stored.map(toPosition));
    if (raised.length > 0) yield* change(queries.bindEach(raisePosition, raised));
  },

  /**
   * Raises the database generation when a conversation is shorter than it was seen committed: what clients hold is of a
   * database that is no more. Answers the generation in force.
   */
  *raiseGeneration(
    queries: Queries,
    { seen, conversationId, lastSeq }: { seen: number; conversationId: ConversationId; lastSeq: number },
  ): Steps<number> {
    const identity = yield* first(queries.bind(readGeneration, {}));
    const head = yield* first(queries.bind(readHead, { id: conversationId }));
    const present = identity?.generation ?? 0;
    if (present !== seen || (head?.last_seq ?? 0) >= lastSeq) return present;
    const next = present + 1;
    yield* change(queries.db.updateTable('database_identity').set({ generation: next }).where('id', '=', 1));
    return next;
  },
});

/** What a delete takes back leaves the log: the message and its edits, also an edit that another server lets in afterwards. */
function* emptyDeleted(queries: Queries, inserts: readonly (StoredEntry & { targetId: string | null })[]): Steps<void> {
  const targets = (ofKind: string): Target[] =>
    inserts.flatMap(({ conversationId, kind, targetId }) =>
      kind === ofKind && targetId !== null ? [{ conversationId, target: targetId }] : [],
    );
  const deleted = targets('delete');
  const edited = targets('edit');
  if (deleted.length > 0) {
    yield* change(queries.bindEach(emptyMessage, deleted));
    yield* change(queries.bindEach(emptyEdits, deleted));
  }
  if (edited.length === 0) return;
  const gone = new Set((yield* rows(queries.bindEach(readDeletes, edited))).map(({ target_id }) => target_id));
  const late = edited.filter(({ target }) => gone.has(target));
  if (late.length > 0) yield* change(queries.bindEach(emptyEdits, late));
}

function toPosition(row: PositionRow): StoredPosition {
  return {
    conversationId: conversationIdSchema.parse(row.conversation_id),
    userId: userIdSchema.parse(row.user_id),
    read: row.read_seq,
    delivered: row.delivered_seq,
    lastSeq: row.last_seq,
  };
}
