import type { UserId } from '#shared/ids.ts';
import type { Conversation } from '#shared/protocol/chat.ts';
import type { Access } from './access.ts';
import type { ConversationMembers } from './conversation-members.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { PendingMembership } from './pending-membership.ts';
import type { MemberPosition } from './position-plan.ts';
import type { PositionWriter } from './position-writer.ts';
import type { StoredConversation } from './stored-conversation.ts';
import { toWire } from './wire.ts';

export interface PresentationOptions {
  readonly access: Pick<Access, 'isIn' | 'isModerator'>;
  readonly members: Pick<ConversationMembers, 'known'>;
  readonly membership: PendingMembership;
  readonly pending: Pick<PendingEntries, 'pendingIn'>;
  readonly positions: Pick<PositionWriter, 'waiting'>;
}

/** A conversation of SQL as one person has it: with what is pending and what is not stored yet. */
export class Presentation {
  readonly #options: PresentationOptions;

  constructor(options: PresentationOptions) {
    this.#options = options;
  }

  of(stored: StoredConversation, userId: UserId, generation: number): Conversation {
    const { id, kind, lastSeq, visibleFrom, mutedUntil, emptiedUpTo, positions, unread, lastEntry } = stored;
    const { membership, pending } = this.#options;
    const title = membership.title(id, stored.title);
    const { isLeft, members, moderators } = this.#membersOf(stored, userId);
    return {
      ...(title === undefined ? {} : { title }),
      ...(moderators.length === 0 ? {} : { moderators: [...moderators] }),
      ...(visibleFrom === 1 ? {} : { visibleFrom }),
      ...(emptiedUpTo === 0 ? {} : { emptiedUpTo }),
      ...(isLeft ? { left: true as const } : {}),
      ...(mutedUntil === undefined ? {} : { mutedUntil }),
      conversationId: id,
      kind,
      members: [...members],
      head: { generation, seq: lastSeq },
      positions: positions.map(({ userId: member, read, delivered }) =>
        this.#newest({ conversationId: id, userId: member, read, delivered }),
      ),
      unread,
      ...(lastEntry === undefined ? {} : { lastEntry: toWire(lastEntry) }),
      ...pending.pendingIn(id, userId),
    };
  }

  #membersOf({ id, isLeft, members: stored, moderators }: StoredConversation, userId: UserId) {
    const { members: known, membership, access } = this.#options;
    const roles = (members: readonly UserId[]) => members.filter((member) => access.isModerator(id, member));
    if (!membership.changes(id)) {
      const members = stored ?? known.known(id) ?? [];
      return { isLeft, members, moderators: moderators ?? roles(members) };
    }
    if (!access.isIn(id, userId)) return { isLeft: true, members: [], moderators: [] };
    // Who was out of it in SQL was not told who is in it.
    const members = (isLeft ? undefined : membership.members(id, stored)) ?? known.known(id) ?? [];
    return { isLeft: false, members, moderators: roles(members) };
  }

  /** A position with what is not stored yet. */
  #newest({ conversationId, userId, read, delivered }: MemberPosition) {
    const waiting = this.#options.positions.waiting(conversationId, userId);
    return { userId, read: Math.max(read, waiting?.read ?? 0), delivered: Math.max(delivered, waiting?.delivered ?? 0) };
  }
}
