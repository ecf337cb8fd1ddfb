import type { ConversationId, UserId } from '#shared/ids.ts';
import { type Conversation, maxToldPositions } from '#shared/protocol/chat.ts';
import type { Access } from './access.ts';
import { conversationKindOf } from './conversation-id.ts';
import type { ChatDirectory, ConversationMembers } from './conversation-members.ts';
import type { Delivery } from './delivery.ts';
import type { Generation } from './generation.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { PendingMembership } from './pending-membership.ts';
import type { RecentEntries } from './recent-entries.ts';
import { toWire } from './wire.ts';

export interface MemoryViewOptions {
  readonly directory: Pick<ChatDirectory, 'memberOf'>;
  readonly members: ConversationMembers;
  readonly recent: RecentEntries;
  readonly pending: PendingEntries;
  readonly membership: Pick<PendingMembership, 'title'>;
  readonly access: Pick<Access, 'isModerator'>;
  readonly delivery: Pick<Delivery, 'headOf'>;
  readonly generation: Pick<Generation, 'value'>;
}

/** What can be told of conversations from memory, while SQL is away or does not know them yet. */
export class MemoryView {
  readonly #options: MemoryViewOptions;

  constructor(options: MemoryViewOptions) {
    this.#options = options;
  }

  /** The highest number that is known here; 0 when none is. */
  headOf(conversationId: ConversationId): number {
    const { delivery, recent } = this.#options;
    return Math.max(delivery.headOf(conversationId) ?? 0, recent.last(conversationId)?.seq ?? 0);
  }

  /** A conversation for one of its members; `undefined` when it is not known that they are one. */
  conversation(userId: UserId, conversationId: ConversationId): Conversation | undefined {
    const { directory, members: known, recent, pending, membership, access, generation } = this.#options;
    const members = known.known(conversationId) ?? recent.membersOf(conversationId) ?? pending.membersOf(conversationId);
    if (members?.includes(userId) !== true) return undefined;
    const visibleFrom = directory.memberOf(conversationId, userId)?.visibleFrom ?? 1;
    const seq = this.headOf(conversationId);
    const last = recent.last(conversationId);
    const title = membership.title(conversationId, undefined);
    const moderators = members.filter((member) => access.isModerator(conversationId, member));
    const toldPositions = members.length > maxToldPositions ? [userId] : members;
    return {
      conversationId,
      kind: conversationKindOf(conversationId),
      ...(title === undefined ? {} : { title }),
      ...(moderators.length === 0 ? {} : { moderators }),
      ...(visibleFrom === 1 ? {} : { visibleFrom }),
      members: [...members],
      head: { generation: generation.value ?? 0, seq },
      positions: toldPositions.map((member) => ({ userId: member, read: 0, delivered: 0 })),
      unread: 0,
      ...(last?.seq === seq ? { lastEntry: toWire(last) } : {}),
      ...pending.pendingIn(conversationId, userId),
    };
  }

  /** Whether something of a conversation is pending. */
  carries(conversationId: ConversationId): boolean {
    return this.#options.pending.carries(conversationId);
  }

  /** Ids of a person's conversations of which something is pending. */
  pendingOf(userId: UserId): ConversationId[] {
    return this.#options.pending.conversationsOf(userId);
  }

  /** Ids of a person's conversations that are in memory, those with the newest entries first. */
  newest(userId: UserId, limit: number): ConversationId[] {
    const { recent, pending } = this.#options;
    const at = new Map(recent.ofUser(userId).map((id) => [id, recent.last(id)?.at ?? 0]));
    for (const id of pending.conversationsOf(userId)) at.set(id, pending.entriesOf(id, userId).at(-1)?.at ?? 0);
    const sorted = [...at].sort(([, one], [, other]) => other - one);
    return sorted.slice(0, limit).map(([id]) => id);
  }
}
