import { setImmediate as turn } from 'node:timers/promises';
import type { ConversationId, UserId } from '#shared/ids.ts';
import type { MemberRole } from '#shared/protocol/chat.ts';
import { conversationKindOf, directConversationId } from './conversation-id.ts';

/** What chat reads from the memory copy of the database. */
export interface ChatDirectory {
  hasUser(userId: UserId): boolean;
  userIds(): Iterable<UserId>;
  /** What is stored of somebody who is, or was, in a conversation. */
  memberOf(conversationId: ConversationId, userId: UserId): Membership | undefined;
  /** Answers when memory holds what was stored before. @throws UCError `STORAGE_UNAVAILABLE`. */
  refresh(): Promise<void>;
  /** Members of a conversation that has been stored. */
  membersOf(conversationId: ConversationId): readonly UserId[] | undefined;
  /** Number of groups and channels that each of these people is in; those in none are missing. */
  groupCounts(userIds: readonly UserId[]): Map<UserId, number>;
  /** Number of the last entry with which somebody came or went, as far as memory knows. */
  membersChangedAt(conversationId: ConversationId): number | undefined;
}

/** Somebody in a conversation. */
export interface Membership {
  readonly role: MemberRole;
  /** The first entry they may see. */
  readonly visibleFrom: number;
  readonly joined: number;
  /** The last entry they may see, once they have left. */
  readonly left: number | undefined;
}

const mostRemembered = 10_000;
const usersPerTurn = 1_000;

/**
 * Who takes part in a conversation. The id of a one-to-one conversation is a digest, so until its first message is stored its
 * members are found by trying everybody: rare, and done in small slices.
 */
export class ConversationMembers {
  readonly #directory: ChatDirectory;
  readonly #told: (conversationId: ConversationId) => readonly UserId[] | undefined;
  readonly #remembered = new Map<ConversationId, readonly UserId[]>();
  readonly #searches = new Map<UserId, Promise<unknown>>();

  /** @param told members where what clients here were told is newer than the memory copy */
  constructor(directory: ChatDirectory, told: (conversationId: ConversationId) => readonly UserId[] | undefined) {
    this.#directory = directory;
    this.#told = told;
  }

  /** Members if they are known without a search. */
  known(conversationId: ConversationId): readonly UserId[] | undefined {
    if (conversationKindOf(conversationId) !== 'direct')
      return this.#told(conversationId) ?? this.#directory.membersOf(conversationId);
    return this.#directory.membersOf(conversationId) ?? this.#remembered.get(conversationId);
  }

  /** The conversation of two people, which need not exist yet. */
  direct(one: UserId, other: UserId): { readonly conversationId: ConversationId; readonly members: readonly UserId[] } {
    const conversationId = directConversationId(one, other);
    const members = this.known(conversationId) ?? [one, other].sort();
    this.#remember(conversationId, members);
    return { conversationId, members };
  }

  /** Members of a conversation in which `userId` takes part; `undefined` when there is none such. */
  async of(conversationId: ConversationId, userId: UserId): Promise<readonly UserId[] | undefined> {
    const isDirect = conversationKindOf(conversationId) === 'direct';
    const known = this.known(conversationId) ?? (isDirect ? await this.#search(conversationId, userId) : undefined);
    if (known?.includes(userId)) return known;
    if (isDirect) return undefined;
    // They may have been added on another server a moment ago.
    await this.#directory.refresh();
    const members = this.#directory.membersOf(conversationId);
    return members?.includes(userId) ? members : undefined;
  }

  /** One search at a time per person, so that nobody keeps the server busy with ids they made up. */
  async #search(conversationId: ConversationId, userId: UserId): Promise<readonly UserId[] | undefined> {
    while (this.#searches.has(userId)) await this.#searches.get(userId);
    const search = this.#tryEverybody(conversationId, userId);
    this.#searches.set(userId, search);
    try {
      return await search;
    } finally {
      this.#searches.delete(userId);
    }
  }

  async #tryEverybody(conversationId: ConversationId, userId: UserId): Promise<readonly UserId[] | undefined> {
    let tried = 0;
    for (const other of this.#directory.userIds()) {
      if (other !== userId && directConversationId(userId, other) === conversationId) return this.direct(userId, other).members;
      if (++tried % usersPerTurn === 0) await turn();
    }
    return undefined;
  }

  #remember(conversationId: ConversationId, members: readonly UserId[]): void {
    this.#remembered.delete(conversationId);
    this.#remembered.set(conversationId, members);
    if (this.#remembered.size <= mostRemembered) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}
