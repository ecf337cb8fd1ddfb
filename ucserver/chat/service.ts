import type { ConversationId, UserId } from '#shared/ids.ts';
import { type Conversation, type Entry, maxToldPositions } from '#shared/protocol/chat.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Session } from '#ucserver/gateway/index.ts';
import type { Access } from './access.ts';
import type { StoredEntry } from './commit-plan.ts';
import { type ConversationCursor, readCursor, writeCursor } from './conversation-cursor.ts';
import { conversationKindOf } from './conversation-id.ts';
import type { ChatDirectory, ConversationMembers } from './conversation-members.ts';
import type { Delivery } from './delivery.ts';
import type { Generation } from './generation.ts';
import type { MemoryView } from './memory-view.ts';
import type { Notifier } from './notifier.ts';
import type { PositionWriter } from './position-writer.ts';
import type { Presentation } from './presentation.ts';
import type { RecentEntries } from './recent-entries.ts';
import type { ChatRepository } from './repository.ts';
import { isAway } from './storage-away.ts';
import type { Subscriber } from './subscriber.ts';
import type { TypingLimit } from './typing-limit.ts';
import { toWire } from './wire.ts';

export interface ChatServiceOptions {
  readonly directory: ChatDirectory;
  readonly access: Access;
  readonly members: ConversationMembers;
  readonly repository: ChatRepository;
  readonly recent: RecentEntries;
  readonly memory: MemoryView;
  readonly presentation: Presentation;
  readonly positions: PositionWriter;
  readonly delivery: Delivery;
  readonly generation: Generation;
  readonly notifier: Notifier;
  readonly subscriber: Subscriber;
  readonly typing: TypingLimit;
}

/** Entries of one conversation, and of all together, in the answer to a resume. */
const resumeEntries = 50;
const resumeEntriesInAll = 500;

/** What a client can do in conversations. Everything throws `UCError`. */
export class ChatService {
  readonly #options: ChatServiceOptions;

  constructor(options: ChatServiceOptions) {
    this.#options = options;
  }

  async open(userId: UserId, { userId: other }: Params<'chat.open'>): Promise<Conversation> {
    const { directory, members } = this.#options;
    if (other === userId) throw new UCError('BAD_REQUEST', 'A conversation needs two people.', { field: 'params.userId' });
    if (!directory.hasUser(other)) throw new UCError('NOT_FOUND', undefined, { field: 'params.userId' });
    const { conversationId, members: both } = members.direct(userId, other);
    const [found] = await this.#read(userId, [conversationId]);
    return found ?? this.#unwritten(conversationId, both);
  }

  async conversations(userId: UserId, { cursor, limit }: Params<'chat.conversations'>): Promise<Result<'chat.conversations'>> {
    const { repository, memory } = this.#options;
    const after = cursor === undefined ? undefined : readCursor(cursor);
    let keys: ConversationCursor[];
    try {
      keys = await repository.newest(userId, after, limit + 1);
    } catch (error) {
      if (after !== undefined || !isAway(error)) throw error;
      return { conversations: await this.#read(userId, memory.newest(userId, limit)), partial: true };
    }
    const page = keys.slice(0, limit);
    const last = page.at(-1);
    // What is pending belongs to the newest, wherever SQL has it.
    const ids = [...(after === undefined ? memory.pendingOf(userId) : []), ...page.map(({ id }) => id)];
    const conversations = await this.#read(userId, ids);
    return { conversations, nextCursor: keys.length > limit && last !== undefined ? writeCursor(last) : undefined };
  }

  async history(
    userId: UserId,
    { conversationId, before, after, limit }: Params<'chat.history'>,
  ): Promise<Result<'chat.history'>> {
    const { access, repository, generation, delivery, recent, memory } = this.#options;
    const { members, from, upTo, isLeft } = await access.reading(conversationId, userId);
    const end = Math.min(before ?? upTo + 1, upTo + 1);
    const begin = Math.max(after ?? 0, from - 1);
    const [stored = 0, current, found] = await Promise.all([
      repository.head(conversationId),
      generation.read(),
      after === undefined
        ? repository.entriesBefore(conversationId, end, limit)
        : repository.entriesAfter(conversationId, begin, limit),
    ]).catch((error: unknown): [number, number, readonly StoredEntry[]] => {
      const kept = after === undefined ? recent.before(conversationId, end, limit) : recent.after(conversationId, begin, limit);
      // Whoever is told nothing takes it for the beginning, or the end.
      if (!isAway(error) || generation.value === undefined || kept.length === 0) throw error;
      return [memory.headOf(conversationId), generation.value, kept];
    });
    const entries = found.filter(({ seq }) => seq >= from && seq <= upTo);
    // Whoever sees these may name them while SQL is away. After a restore nothing of the former database is kept.
    if (before === undefined && !isLeft && current === generation.value) for (const entry of found) recent.add(entry, members);
    const last = entries.at(-1)?.seq ?? 0;
    // The entries may have been read a moment after the head.
    const seq = Math.min(Math.max(stored, last), upTo);
    if (!isLeft) delivery.answered(conversationId, members, seq);
    const more = entries.length > 0 && (after === undefined ? (entries[0]?.seq ?? from) > from : last < seq);
    return { entries: entries.map(toWire), head: { generation: current, seq }, more };
  }

  async resume(userId: UserId, { cursors }: Params<'chat.resume'>): Promise<Result<'chat.resume'>> {
    const conversations = await this.#read(
      userId,
      cursors.map(({ conversationId }) => conversationId),
    );
    const known = new Map(cursors.map((cursor) => [cursor.conversationId, cursor]));
    const answers: Result<'chat.resume'>['conversations'] = [];
    let left = resumeEntriesInAll;
    for (const conversation of conversations) {
      const { conversationId, head, visibleFrom = 1 } = conversation;
      const cursor = known.get(conversationId);
      const isCurrent = cursor !== undefined && cursor.generation === head.generation;
      const limit = isCurrent && cursor.seq < head.seq ? Math.min(resumeEntries, left) : 0;
      const entries =
        limit > 0 ? await this.#entriesAfter(conversationId, Math.max(cursor?.seq ?? 0, visibleFrom - 1), head.seq, limit) : [];
      left -= entries.length;
      const reached = entries.at(-1)?.seq ?? (isCurrent ? cursor.seq : 0);
      answers.push({ conversation, entries, more: reached < head.seq });
    }
    return { conversations: answers };
  }

  async mark(session: Session, { conversationId, read = 0, delivered = 0 }: Params<'chat.mark'>): Promise<Result<'chat.mark'>> {
    const { delivery, positions, notifier, subscriber } = this.#options;
    const { userId } = session;
    const members = await this.#options.access.members(conversationId, userId);
    const head = delivery.headOf(conversationId) ?? (await this.#headOf(conversationId));
    const position = {
      conversationId,
      userId,
      read: Math.min(read, head),
      delivered: Math.min(Math.max(read, delivered), head),
    };
    if (position.delivered === 0) return {};
    const waiting = positions.waiting(conversationId, userId);
    if (waiting !== undefined && waiting.read >= position.read && waiting.delivered >= position.delivered) return {};
    await positions.raise(position);
    // In a large group it is nobody else's business how far each of them has read.
    const concerned = members.length > maxToldPositions ? [userId] : members;
    subscriber.tellPosition(position, concerned, session);
    notifier.position(position, concerned);
    return {};
  }

  async type(userId: UserId, { conversationId }: Params<'chat.typing'>): Promise<Result<'chat.typing'>> {
    const { typing, notifier, subscriber } = this.#options;
    const members = await this.#options.access.members(conversationId, userId);
    await this.#options.access.checkMayWrite(conversationId, members, userId);
    if (members.length > maxToldPositions || !typing.allows(userId, conversationId)) return {};
    const others = members.filter((member) => member !== userId);
    subscriber.tellTyping(conversationId, userId, others);
    notifier.typing(conversationId, userId, others);
    return {};
  }

  /** A conversation as this user has it, if they have it. */
  async read(userId: UserId, conversationId: ConversationId): Promise<Conversation | undefined> {
    const [found] = await this.#read(userId, [conversationId]);
    return found;
  }

  /** The conversations among these that are stored, in the order of `ids`. */
  async #read(userId: UserId, ids: readonly ConversationId[]): Promise<Conversation[]> {
    const { repository, generation, delivery, memory, presentation } = this.#options;
    const inMemory = (id: ConversationId) => memory.conversation(userId, id) ?? [];
    try {
      const [current, found] = await Promise.all([generation.read(), repository.conversations(userId, ids, this.#large(ids))]);
      return [...new Set(ids)].flatMap((id) => {
        const stored = found.get(id);
        // Its first entries may all be pending.
        if (stored === undefined) return memory.carries(id) ? inMemory(id) : [];
        const conversation = presentation.of(stored, userId, current);
        // Entries are told to those who are in it at their number, whatever is pending.
        if (!stored.isLeft) delivery.answered(id, stored.members ?? conversation.members, conversation.head.seq);
        return conversation;
      });
    } catch (error) {
      if (!isAway(error)) throw error;
      return [...new Set(ids)].flatMap(inMemory).map((conversation) => ({ ...conversation, partial: true as const }));
    }
  }

  /** Those with too many members to read them from SQL each time; they are in memory. */
  #large(ids: readonly ConversationId[]): Set<ConversationId> {
    const { members } = this.#options;
    const isLarge = (id: ConversationId) => (members.known(id)?.length ?? 0) > maxToldPositions;
    return new Set(ids.filter((id) => conversationKindOf(id) !== 'direct' && isLarge(id)));
  }

  async #unwritten(conversationId: ConversationId, members: readonly UserId[]): Promise<Conversation> {
    const { generation: known } = this.#options;
    // Memberships are in memory, so while SQL is away it is known all the same that nothing was written.
    const generation = known.value ?? (await known.read().catch(() => 0));
    this.#options.delivery.answered(conversationId, members, 0);
    const positions = members.map((userId) => ({ userId, read: 0, delivered: 0 }));
    return { conversationId, kind: 'direct', members: [...members], head: { generation, seq: 0 }, positions, unread: 0 };
  }

  /** How far a conversation has got; while SQL is away, as far as is known here. @throws UCError when nothing is. */
  async #headOf(conversationId: ConversationId): Promise<number> {
    const { repository, memory } = this.#options;
    try {
      return (await repository.head(conversationId)) ?? 0;
    } catch (error) {
      const known = memory.headOf(conversationId);
      if (!isAway(error) || known === 0) throw error;
      return known;
    }
  }

  async #entriesAfter(conversationId: ConversationId, seq: number, upTo: number, limit: number): Promise<Entry[]> {
    const { repository, recent } = this.#options;
    const entries = await repository.entriesAfter(conversationId, seq, limit).catch((error: unknown) => {
      if (!isAway(error)) throw error;
      return recent.after(conversationId, seq, limit);
    });
    return entries.filter((entry) => entry.seq <= upTo).map(toWire);
  }
}
