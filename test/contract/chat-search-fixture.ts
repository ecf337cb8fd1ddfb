import { type ConversationId, entryIdSchema, type UserId } from '#shared/ids.ts';
import type { SearchHit } from '#shared/protocol/chat-search.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { methods, type Params, type ParamsIn } from '#shared/protocol/index.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import type { Reading } from '#ucserver/chat/access.ts';
import type { NewEntry, StoredEntry } from '#ucserver/chat/commit-plan.ts';
import { createdConversationId } from '#ucserver/chat/conversation-id.ts';
import { targetOf } from '#ucserver/chat/entry-target.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import { Criteria } from '#ucserver/chat/search/criteria.ts';
import { Gate } from '#ucserver/chat/search/gate.ts';
import { Indexer } from '#ucserver/chat/search/indexer.ts';
import { SearchRepository } from '#ucserver/chat/search/repository.ts';
import { comparePlaces } from '#ucserver/chat/search/search-order.ts';
import { SearchService } from '#ucserver/chat/search/service.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import { newCommitter } from './chat-fixture.ts';

export const searchParams = (asked: ParamsIn<'chat.search'>): Params<'chat.search'> => methods['chat.search'].params.parse(asked);

/** A log with its search, as one server has it. */
export class SearchWorld {
  readonly database: Database;
  readonly repository: ChatRepository;
  readonly indexer: Indexer;
  pending: NewEntry[] = [];
  longestMs = 60_000;
  readonly #search: SearchService;

  constructor(database: Database) {
    this.database = database;
    this.repository = new ChatRepository(database);
    const repository = new SearchRepository(database);
    this.indexer = new Indexer({ repository, isFirst: () => true, clock: systemClock, logger: silentLogger });
    this.#search = new SearchService({
      repository,
      access: { reading: (conversationId, userId) => this.#reading(conversationId, userId) },
      pendingOf: () => this.pending,
      gate: new Gate({ clock: systemClock, perSecond: 1_000_000, atOnce: 4 }),
      clock: systemClock,
      longestMs: this.longestMs,
      onDone: () => undefined,
    });
  }

  async #reading(conversationId: ConversationId, userId: UserId): Promise<Reading> {
    const members = this.database.queries.db.selectFrom('conversation_members').select(['visible_from', 'left_seq']);
    const own = members.where('conversation_id', '=', conversationId).where('user_id', '=', userId);
    const [row] = await this.database.read(own);
    if (row === undefined) throw new UCError('NOT_FOUND');
    const isLeft = row.left_seq !== null;
    return { members: [], from: row.visible_from, upTo: row.left_seq ?? Number.MAX_SAFE_INTEGER - 1, isLeft };
  }

  async commit(...entries: readonly NewEntry[]): Promise<void> {
    const committer = newCommitter(this.repository);
    await Promise.all(entries.map((entry) => committer.commit(entry, [])));
  }

  /** A group that begins with these people. */
  async group(members: readonly [UserId, ...UserId[]], historyVisible = true): Promise<ConversationId> {
    const [author] = members;
    const entryId = entryIdSchema.parse(randomId());
    const conversationId = createdConversationId('group', author, entryId);
    const body = { kind: 'group', title: 'Team', historyVisible, members, moderators: [author] };
    await this.commit({ conversationId, entryId, author, kind: 'created', body: JSON.stringify(body), at: 1 });
    return conversationId;
  }

  search(userId: UserId, asked: ParamsIn<'chat.search'>) {
    return this.#search.search({ userId } as Session, searchParams(asked));
  }

  /** All pages. */
  async searchAll(userId: UserId, asked: ParamsIn<'chat.search'>): Promise<SearchHit[]> {
    const hits: SearchHit[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.search(userId, { ...asked, cursor });
      hits.push(...page.hits);
      if (page.nextCursor === undefined) return hits;
      cursor = page.nextCursor;
    }
  }

  /** The same without an index: every entry of every conversation is looked at. */
  async naive(userId: UserId, asked: ParamsIn<'chat.search'>): Promise<SearchHit[]> {
    const criteria = new Criteria(searchParams(asked));
    const { db } = this.database.queries;
    const memberships = await this.database.read(db.selectFrom('conversation_members').selectAll().where('user_id', '=', userId));
    const hits: (SearchHit & { readonly seq: number })[] = [];
    for (const { conversation_id, visible_from, left_seq } of memberships) {
      const log = await this.repository.entriesAfter(conversation_id as ConversationId, 0, 10_000);
      const visible = log.filter(({ seq }) => seq >= visible_from && (left_seq === null || seq <= left_seq));
      const allEdits = log.filter(({ kind, seq }) => kind === 'edit' && (left_seq === null || seq <= left_seq));
      for (const message of visible) {
        const edit = allEdits.findLast((each: StoredEntry) => targetOf(each) === message.entryId);
        const hit = criteria.hit(message, edit);
        if (hit !== undefined) hits.push({ ...hit, seq: message.seq });
      }
    }
    return hits.sort(comparePlaces);
  }
}

/** A message, or what happens to one. */
export function said(
  conversationId: ConversationId,
  author: UserId,
  body: object,
  over: Partial<Pick<NewEntry, 'kind' | 'at' | 'entryId'>> = {},
): NewEntry {
  const entryId = entryIdSchema.parse(randomId());
  return { conversationId, entryId, author, kind: 'message', at: 1_767_600_000_000, body: JSON.stringify(body), ...over };
}
