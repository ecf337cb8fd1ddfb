import { type ConversationId, conversationIdSchema, entryIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import { recordChange } from '#ucserver/database/changes.ts';
import type { Database } from '#ucserver/database/port.ts';
import { change, first, procedureSet, rows, type Steps } from '#ucserver/database/procedure.ts';
import { type Queries, statement } from '#ucserver/database/queries.ts';
import { type NewEntry, type Placement, planCommit, type StoredEntry } from './commit-plan.ts';
import type { ConversationCursor } from './conversation-cursor.ts';
import { type MemberPosition, planPositions, type StoredPosition } from './position-plan.ts';

/** Kind of the changes by which servers hear of new memberships. */
export const conversationChange = 'conversation';

interface EntryRow {
  conversation_id: string;
  seq: number;
  entry_id: string;
  author_id: string;
  kind: string;
  body: string;
  accepted_at: number;
}

const lockConversation = statement<{ id: string }>((db, param) =>
  db
    .updateTable('conversations')
    .set((eb) => ({ last_seq: eb.ref('last_seq') }))
    .where('id', '=', param('id')),
);

const readHead = statement<{ id: string }, { id: string; last_seq: number }>((db, param) =>
  db.selectFrom('conversations').select(['id', 'last_seq']).where('id', '=', param('id')),
);

const readEntry = statement<{ conversationId: string; entryId: string }, EntryRow>((db, param) =>
  db
    .selectFrom('entries')
    .selectAll()
    .where('conversation_id', '=', param('conversationId'))
    .where('entry_id', '=', param('entryId')),
);

const insertEntry = statement<StoredEntry>((db, param) =>
  db.insertInto('entries').values({
    conversation_id: param('conversationId'),
    seq: param('seq'),
    entry_id: param('entryId'),
    author_id: param('author'),
    kind: param('kind'),
    body: param('body'),
    accepted_at: param('at'),
  }),
);

const raiseHead = statement<{ id: string; lastSeq: number }>((db, param) =>
  db
    .updateTable('conversations')
    .set({ last_seq: param('lastSeq') })
    .where('id', '=', param('id')),
);

const readGeneration = statement<Record<never, never>, { generation: number }>((db) =>
  db.selectFrom('database_identity').select('generation').where('id', '=', 1),
);

/** A conversation that does not exist yet. */
export interface NewConversation {
  readonly id: ConversationId;
  readonly kind: 'direct';
  readonly members: readonly UserId[];
  /** Wall time in ms. */
  readonly at: number;
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

export const chatProcedures = procedureSet('chat', import.meta.url, {
  /** @throws StatementError `duplicate` when the conversation exists. */
  *create(queries: Queries, { id, kind, members, at }: NewConversation): Steps<void> {
    const { db } = queries;
    yield* change(db.insertInto('conversations').values({ id, kind, last_seq: 0, created_at: at }));
    for (const userId of members) {
      const position = { joined_seq: 0, left_seq: null, read_seq: 0, delivered_seq: 0 };
      yield* change(db.insertInto('conversation_members').values({ conversation_id: id, user_id: userId, ...position }));
    }
    yield* recordChange(queries, conversationChange, [id], at);
  },

  /** The one way of an entry into SQL. Running the same batch again changes nothing and answers the same numbers. */
  *commit(queries: Queries, batch: readonly NewEntry[]): Steps<{ generation: number; placements: readonly Placement[] }> {
    // Always in the order of ids, so that two batches never wait for each other.
    const conversations = [...new Set(batch.map(({ conversationId }) => conversationId))].sort().map((id) => ({ id }));
    // On SQLite the transaction is already the only writer.
    if (queries.engine === 'mssql') yield* change(queries.bindEach(lockConversation, conversations));
    const heads = yield* rows(queries.bindEach(readHead, conversations));
    const present = yield* rows(queries.bindEach(readEntry, batch));
    const lastSeqs = new Map(heads.map(({ id, last_seq }) => [id as ConversationId, last_seq]));
    const plan = planCommit(batch, lastSeqs, present.map(toEntry));
    if (plan.inserts.length > 0) {
      yield* change(queries.bindEach(insertEntry, plan.inserts));
      yield* change(queries.bindEach(raiseHead, plan.heads));
    }
    const identity = yield* first(queries.bind(readGeneration, {}));
    return { generation: identity?.generation ?? 0, placements: plan.placements };
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

/** A conversation as it stands in SQL, for one of its members. */
export interface StoredConversation {
  readonly id: ConversationId;
  readonly kind: 'direct';
  readonly lastSeq: number;
  readonly positions: readonly { readonly userId: UserId; readonly read: number; readonly delivered: number }[];
  /** Entries of others after the member's read position. */
  readonly unread: number;
  readonly lastEntry: StoredEntry | undefined;
}

interface HeadRow {
  id: string;
  last_seq: number;
  accepted_at: number;
}

/** How far a conversation has got. */
export interface StoredHead {
  readonly conversationId: ConversationId;
  readonly lastSeq: number;
  /** When the last entry was accepted; wall time in ms. */
  readonly lastAt: number;
}

const headsPage = 500;

/** What chat keeps in SQL. Everything it throws is what {@link Database} throws. */
export class ChatRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  create(conversation: NewConversation): Promise<void> {
    return this.#database.run(chatProcedures.create, conversation);
  }

  commit(batch: readonly NewEntry[]): Promise<{ generation: number; placements: readonly Placement[] }> {
    return this.#database.run(chatProcedures.commit, batch);
  }

  raisePositions(positions: readonly MemberPosition[]): Promise<void> {
    return this.#database.run(chatProcedures.raisePositions, positions);
  }

  raiseGeneration(seen: number, conversationId: ConversationId, lastSeq: number): Promise<number> {
    return this.#database.run(chatProcedures.raiseGeneration, { seen, conversationId, lastSeq });
  }

  async generation(): Promise<number> {
    const [row] = await this.#database.read(this.#database.queries.bind(readGeneration, {}));
    return row?.generation ?? 0;
  }

  async head(conversationId: ConversationId): Promise<number | undefined> {
    const [row] = await this.#database.read(this.#database.queries.bind(readHead, { id: conversationId }));
    return row?.last_seq;
  }

  /** The newest entries before a number, ascending. */
  async entriesBefore(conversationId: ConversationId, before: number, limit: number): Promise<StoredEntry[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('seq', '<', before)
      .orderBy('seq', 'desc');
    const found = await this.#database.read<EntryRow>(queries.limit(limit, query));
    return found.map(toEntry).reverse();
  }

  /** The first entries after a number, ascending. */
  async entriesAfter(conversationId: ConversationId, after: number, limit: number): Promise<StoredEntry[]> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('seq', '>', after)
      .orderBy('seq', 'asc');
    const found = await this.#database.read<EntryRow>(queries.limit(limit, query));
    return found.map(toEntry);
  }

  /** Ids of the user's conversations that have entries, those with the newest first. */
  async newest(userId: UserId, after: ConversationCursor | undefined, limit: number): Promise<ConversationCursor[]> {
    const { queries } = this.#database;
    let query = queries.db
      .selectFrom('conversation_members as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .innerJoin('entries as e', (join) => join.onRef('e.conversation_id', '=', 'c.id').onRef('e.seq', '=', 'c.last_seq'))
      .select(['c.id', 'e.accepted_at'])
      .where('m.user_id', '=', userId)
      .orderBy('e.accepted_at', 'desc')
      .orderBy('c.id', 'desc');
    if (after !== undefined) {
      query = query.where(({ eb, and, or }) =>
        or([eb('e.accepted_at', '<', after.at), and([eb('e.accepted_at', '=', after.at), eb('c.id', '<', after.id)])]),
      );
    }
    const found = await this.#database.read<{ id: string; accepted_at: number }>(queries.limit(limit, query));
    return found.map(({ id, accepted_at }) => ({ id: conversationIdSchema.parse(id), at: accepted_at }));
  }

  /** Those of the conversations that exist and have this member, by id. At most 200 at a time. */
  async conversations(userId: UserId, ids: readonly ConversationId[]): Promise<Map<ConversationId, StoredConversation>> {
    if (ids.length === 0) return new Map();
    const [members, unread] = await Promise.all([this.#members(ids), this.#unread(userId, ids)]);
    const found = new Map<ConversationId, StoredConversation>();
    for (const row of members) {
      const id = conversationIdSchema.parse(row.conversation_id);
      const position = { userId: userIdSchema.parse(row.user_id), read: row.read_seq, delivered: row.delivered_seq };
      const known = found.get(id);
      const positions = [...(known?.positions ?? []), position];
      const lastEntry = row.seq === null ? undefined : toEntry({ ...row, seq: row.seq } as EntryRow);
      found.set(id, { id, kind: 'direct', lastSeq: row.last_seq, positions, unread: unread.get(id) ?? 0, lastEntry });
    }
    for (const [id, { positions }] of found) if (!positions.some((each) => each.userId === userId)) found.delete(id);
    return found;
  }

  /** How far all conversations of a user have got, page by page. */
  async *heads(userId: UserId): AsyncGenerator<StoredHead[]> {
    const { queries } = this.#database;
    for (let after = ''; ; ) {
      const query = queries.db
        .selectFrom('conversation_members as m')
        .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
        .innerJoin('entries as e', (join) => join.onRef('e.conversation_id', '=', 'c.id').onRef('e.seq', '=', 'c.last_seq'))
        .select(['c.id', 'c.last_seq', 'e.accepted_at'])
        .where('m.user_id', '=', userId)
        .where('m.conversation_id', '>', after)
        .orderBy('m.conversation_id', 'asc');
      const found = await this.#database.read<HeadRow>(queries.limit(headsPage, query));
      if (found.length > 0) yield found.map(toHead);
      const last = found.at(-1);
      if (last === undefined || found.length < headsPage) return;
      after = last.id;
    }
  }

  #members(ids: readonly ConversationId[]) {
    const query = this.#database.queries.db
      .selectFrom('conversation_members as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .leftJoin('entries as e', (join) => join.onRef('e.conversation_id', '=', 'c.id').onRef('e.seq', '=', 'c.last_seq'))
      .select(['m.conversation_id', 'm.user_id', 'm.read_seq', 'm.delivered_seq', 'c.last_seq'])
      .select(['e.seq', 'e.entry_id', 'e.author_id', 'e.kind', 'e.body', 'e.accepted_at'])
      .where('m.conversation_id', 'in', [...ids])
      .where('m.left_seq', 'is', null)
      .orderBy('m.user_id');
    return this.#database.read(query);
  }

  async #unread(userId: UserId, ids: readonly ConversationId[]): Promise<Map<string, number>> {
    const query = this.#database.queries.db
      .selectFrom('conversation_members as m')
      .innerJoin('entries as e', 'e.conversation_id', 'm.conversation_id')
      .select((eb) => ['m.conversation_id', eb.fn.count<number>('e.seq').as('unread')])
      .where('m.user_id', '=', userId)
      .where('m.conversation_id', 'in', [...ids])
      .whereRef('e.seq', '>', 'm.read_seq')
      .whereRef('e.author_id', '<>', 'm.user_id')
      .groupBy('m.conversation_id');
    const found = await this.#database.read(query);
    return new Map(found.map(({ conversation_id, unread }) => [conversation_id, Number(unread)]));
  }
}

function toEntry(row: EntryRow): StoredEntry {
  return {
    conversationId: conversationIdSchema.parse(row.conversation_id),
    seq: row.seq,
    entryId: entryIdSchema.parse(row.entry_id),
    author: userIdSchema.parse(row.author_id),
    kind: row.kind,
    body: row.body,
    at: row.accepted_at,
  };
}

function toHead({ id, last_seq, accepted_at }: HeadRow): StoredHead {
  return { conversationId: conversationIdSchema.parse(id), lastSeq: last_seq, lastAt: accepted_at };
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
