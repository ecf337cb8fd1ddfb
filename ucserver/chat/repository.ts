import { type ConversationId, conversationIdSchema, type EntryId, type UserId, userIdSchema } from '#shared/ids.ts';
import type { Position } from '#shared/protocol/chat.ts';
import { type Database, statement } from '#ucserver/database/index.ts';
import { fromPlacementColumns, toColumns } from './commit-columns.ts';
import type { NewEntry, Placement, StoredEntry } from './commit-plan.ts';
import type { ConversationCursor } from './conversation-cursor.ts';
import { conversationKindOf } from './conversation-id.ts';
import { type EntryRow, toEntry } from './entry-row.ts';
import type { MemberPosition } from './position-plan.ts';
import { chatProcedures, type Muting, type NewConversation, readEntry, readGeneration, readHead } from './procedures.ts';
import { memberRows, ownRows, type StoredConversation, toConversation, unreadRows } from './stored-conversation.ts';

interface HeadRow {
  user_id: string;
  id: string;
  last_seq: number;
  accepted_at: number;
}

/** How far a conversation of a user has got. */
export interface StoredHead {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly lastSeq: number;
  /** When the last entry was accepted; wall time in ms. */
  readonly lastAt: number;
}

const headsPage = 500;

/** Compiled once, because it runs after every sign-in. */
const readHeads = statement<{ userId: string; after: string }, HeadRow>((db, param, queries) =>
  queries.limit(
    headsPage,
    db
      .selectFrom('conversation_members as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .innerJoin('entries as e', (join) => join.onRef('e.conversation_id', '=', 'c.id').onRef('e.seq', '=', 'c.last_seq'))
      .select(['m.user_id', 'c.id', 'c.last_seq', 'e.accepted_at'])
      .where('m.user_id', '=', param('userId'))
      .where('m.left_seq', 'is', null)
      .where('m.conversation_id', '>', param('after'))
      .orderBy('m.conversation_id', 'asc'),
  ),
);

/** What chat keeps in SQL. Everything it throws is what {@link Database} throws. */
export class ChatRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  create(conversation: NewConversation): Promise<void> {
    return this.#database.run(chatProcedures.create, conversation);
  }

  /** `goneFiles`: what messages of the batch name and is not there any more. */
  async commit(
    batch: readonly NewEntry[],
  ): Promise<{ generation: number; placements: readonly Placement[]; goneFiles: readonly string[] }> {
    const { generation, goneFiles, ...placed } = await this.#database.run(chatProcedures.commit, toColumns(batch));
    return { generation, placements: fromPlacementColumns(placed, batch), goneFiles };
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

  /** Those of these entries that stand in SQL, by their ids. */
  async find(entries: readonly Pick<NewEntry, 'conversationId' | 'entryId'>[]): Promise<StoredEntry[]> {
    const ids = entries.map(({ conversationId, entryId }) => ({ conversationId, entryId }));
    const found = await this.#database.read(this.#database.queries.bindEach(readEntry, ids));
    return found.map(toEntry);
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

  /** The newest edit of a message. */
  async lastEdit(conversationId: ConversationId, target: EntryId, upTo: number): Promise<StoredEntry | undefined> {
    const { queries } = this.#database;
    const query = queries.db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('target_id', '=', target)
      .where('kind', '=', 'edit')
      .where('seq', '<=', upTo)
      .orderBy('seq', 'desc');
    const [found] = await this.#database.read<EntryRow>(queries.limit(1, query));
    return found === undefined ? undefined : toEntry(found);
  }

  /** Ids of the user's conversations that have entries, those with the newest first. */
  async newest(userId: UserId, after: ConversationCursor | undefined, limit: number): Promise<ConversationCursor[]> {
    const { queries } = this.#database;
    let query = queries.db
      .selectFrom('conversation_members as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .innerJoin('entries as e', (join) =>
        join
          .onRef('e.conversation_id', '=', 'c.id')
          .on(({ eb, fn }) => eb('e.seq', '=', fn.coalesce('m.left_seq', 'c.last_seq'))),
      )
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

  /**
   * Those of the conversations that exist and have, or had, this member, by id. At most 200 at a time.
   *
   * @param large those whose members are not listed, because there are too many
   */
  async conversations(
    userId: UserId,
    ids: readonly ConversationId[],
    large: ReadonlySet<ConversationId> = new Set(),
  ): Promise<Map<ConversationId, StoredConversation>> {
    if (ids.length === 0) return new Map();
    const listed = ids.filter((id) => !large.has(id));
    const { queries } = this.#database;
    const reading = this.#database.read(ownRows(queries, userId, ids));
    // Who is in a group is read after its head, so that what is told is never older than the head that is told with it.
    if (ids.some((id) => conversationKindOf(id) !== 'direct')) await reading;
    const [own, members, unread] = await Promise.all([
      reading,
      listed.length === 0 ? [] : this.#database.read(memberRows(queries, listed)),
      this.#database.read(unreadRows(queries, userId, ids)),
    ]);
    return new Map(own.map((row) => [row.conversation_id as ConversationId, toConversation(row, { members, unread, large })]));
  }

  /** How far those who are in a conversation now have got. */
  async positionsOf(conversationId: ConversationId): Promise<Position[]> {
    const found = await this.#database.read(memberRows(this.#database.queries, [conversationId]));
    return found.map((row) => ({ userId: userIdSchema.parse(row.user_id), read: row.read_seq, delivered: row.delivered_seq }));
  }

  /** Who is in a conversation now. */
  async membersOf(conversationId: ConversationId): Promise<UserId[]> {
    const found = await this.#database.read(memberRows(this.#database.queries, [conversationId]));
    return found.map(({ user_id }) => userIdSchema.parse(user_id));
  }

  /** Number of groups and channels that each of these people is in; those in none are missing. */
  async groupCounts(userIds: readonly UserId[]): Promise<Map<UserId, number>> {
    const query = this.#database.queries.db
      .selectFrom('conversation_members as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .select((eb) => ['m.user_id', eb.fn.count<number>('c.id').as('groups')])
      .where('m.user_id', 'in', [...userIds])
      .where('m.left_seq', 'is', null)
      .where('c.kind', 'in', ['group', 'channel'])
      .groupBy('m.user_id');
    const found = await this.#database.read(query);
    return new Map(found.map(({ user_id, groups }) => [userIdSchema.parse(user_id), Number(groups)]));
  }

  mute(muting: Muting): Promise<void> {
    return this.#database.run(chatProcedures.mute, muting);
  }

  /** How far all conversations of some users have got, page by page. */
  async *heads(userIds: readonly UserId[]): AsyncGenerator<StoredHead[]> {
    const { queries } = this.#database;
    for (let asked = userIds.map((userId) => ({ userId, after: '' })); asked.length > 0; ) {
      const found = await this.#database.read(queries.bindEach(readHeads, asked));
      if (found.length > 0) yield found.map(toHead);
      const ofUsers = Map.groupBy(found, ({ user_id }) => user_id);
      asked = asked.flatMap(({ userId }) => {
        const last = ofUsers.get(userId)?.[headsPage - 1];
        return last ? [{ userId, after: last.id }] : [];
      });
    }
  }
}

function toHead({ user_id, id, last_seq, accepted_at }: HeadRow): StoredHead {
  const userId = userIdSchema.parse(user_id);
  return { userId, conversationId: conversationIdSchema.parse(id), lastSeq: last_seq, lastAt: accepted_at };
}
