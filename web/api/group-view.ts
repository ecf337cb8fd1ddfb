import type { ConversationKind, EntryBodies } from '#shared/protocol/chat.ts';
import type { Conversation, Entry, UserId } from './types.ts';

/** What a conversation is: for two people there are only the two members. Immutable. */
export interface Description {
  readonly kind: ConversationKind;
  readonly title: string | undefined;
  readonly members: readonly UserId[];
  readonly moderators: readonly UserId[];
  /** The first entry that this user may see. */
  readonly visibleFrom: number;
  /** The user is no longer in it. */
  readonly left: boolean;
  readonly mutedUntil: number | undefined;
  /** Texts up to this number are no longer kept. */
  readonly emptiedUpTo: number;
}

export function descriptionOf(conversation: Conversation): Description {
  const { kind, title, members, moderators = [], visibleFrom = 1, left = false, mutedUntil, emptiedUpTo = 0 } = conversation;
  return { kind, title, members, moderators, visibleFrom, left, mutedUntil, emptiedUpTo };
}

/** The conversation after an entry, pending or not: who came and went, who moderates, what it is called. The same object when it says none of it. */
export function described<T extends Description>(before: T, { kind, body }: Pick<Entry, 'kind' | 'body'>, self: UserId): T {
  if (kind === 'created') {
    const { title, members, moderators } = body as EntryBodies['created'];
    return { ...before, title, members, moderators };
  }
  if (kind === 'rename') return { ...before, title: (body as EntryBodies['rename']).title };
  if (kind === 'role') {
    const { userId, role } = body as EntryBodies['role'];
    const others = before.moderators.filter((each) => each !== userId);
    return { ...before, moderators: role === 'moderator' ? [...others, userId] : others };
  }
  if (kind !== 'members') return before;
  const { added, removed, moderator } = body as EntryBodies['members'];
  const gone = new Set(removed);
  const members = [...new Set([...before.members, ...added])].filter((userId) => !gone.has(userId));
  const moderators = before.moderators.filter((userId) => !gone.has(userId));
  const left = gone.has(self) || (before.left && !added.includes(self));
  return { ...before, members, moderators: moderator === undefined ? moderators : [...moderators, moderator], left };
}
