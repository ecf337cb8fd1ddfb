import type { ConversationId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { conversationKindOf } from './conversation-id.ts';
import type { ChatDirectory, ConversationMembers, Membership } from './conversation-members.ts';

export interface AccessOptions {
  readonly directory: Pick<ChatDirectory, 'memberOf' | 'refresh'>;
  readonly members: ConversationMembers;
  /** Whether `author` has the right `chat` with `addressee`. */
  readonly mayChat: (addressee: UserId, author: UserId) => boolean;
}

/** What of a conversation somebody may read. */
export interface Reading {
  readonly members: readonly UserId[];
  readonly from: number;
  readonly upTo: number;
  /** They are no longer in it. */
  readonly isLeft: boolean;
}

/** Who may do what in a conversation. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /**
   * Those who are in a conversation, of whom the user must be one.
   *
   * @throws UCError `NOT_FOUND` also for conversations of others.
   */
  async members(conversationId: ConversationId, userId: UserId): Promise<readonly UserId[]> {
    const members = await this.#options.members.of(conversationId, userId);
    if (members === undefined) throw notFound('params.conversationId');
    return members;
  }

  /**
   * @param field the parameter that names the conversation
   * @throws UCError `NOT_FOUND` also for conversations of others.
   */
  async reading(conversationId: ConversationId, userId: UserId, field = 'params.conversationId'): Promise<Reading> {
    const { members } = this.#options;
    const whole = { from: 1, upTo: Number.MAX_SAFE_INTEGER - 1, isLeft: false };
    if (conversationKindOf(conversationId) === 'direct') {
      const both = await members.of(conversationId, userId);
      if (both === undefined) throw notFound(field);
      return { members: both, ...whole };
    }
    const own = await this.#membership(conversationId, userId);
    if (own === undefined) throw notFound(field);
    const { visibleFrom: from, left } = own;
    if (left !== undefined) return { members: [], from, upTo: left, isLeft: true };
    return { ...whole, members: members.known(conversationId) ?? [userId], from };
  }

  /** @throws UCError `FORBIDDEN`. */
  async checkMayWrite(conversationId: ConversationId, members: readonly UserId[], author: UserId): Promise<void> {
    const kind = conversationKindOf(conversationId);
    if (kind === 'channel') await this.checkModerator(conversationId, author);
    if (kind !== 'direct') return;
    const { mayChat } = this.#options;
    for (const member of members) if (member !== author && !mayChat(member, author)) throw new UCError('FORBIDDEN');
  }

  /** Whether somebody has not left a conversation of theirs, as far as memory knows. */
  isIn(conversationId: ConversationId, userId: UserId): boolean {
    if (conversationKindOf(conversationId) === 'direct') return true;
    const own = this.#options.directory.memberOf(conversationId, userId);
    return own !== undefined && own.left === undefined;
  }

  isModerator(conversationId: ConversationId, userId: UserId): boolean {
    const own = this.#options.directory.memberOf(conversationId, userId);
    return own !== undefined && own.left === undefined && own.role === 'moderator';
  }

  /** @throws UCError `FORBIDDEN`. */
  async checkModerator(conversationId: ConversationId, userId: UserId): Promise<void> {
    if (this.isModerator(conversationId, userId)) return;
    // They may have been made one on another server a moment ago.
    await this.#options.directory.refresh().catch(() => undefined);
    if (!this.isModerator(conversationId, userId)) throw new UCError('FORBIDDEN', 'Only moderators may do this.');
  }

  async #membership(conversationId: ConversationId, userId: UserId): Promise<Membership | undefined> {
    const { directory } = this.#options;
    const known = directory.memberOf(conversationId, userId);
    if (known !== undefined && known.left === undefined) return known;
    // They may have been added on another server a moment ago. While SQL is away what is in memory holds.
    await directory.refresh().catch(() => undefined);
    return directory.memberOf(conversationId, userId);
  }
}

function notFound(field: string): UCError {
  return new UCError('NOT_FOUND', undefined, { field });
}
