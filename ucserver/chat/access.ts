import type { ConversationId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { ConversationMembers } from './conversation-members.ts';

export interface AccessOptions {
  readonly members: ConversationMembers;
  /** Whether `author` has the right `chat` with `addressee`. */
  readonly mayChat: (addressee: UserId, author: UserId) => boolean;
}

/** Who may do what in a conversation. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /**
   * @param field the parameter that names the conversation
   * @throws UCError `NOT_FOUND` also for conversations of others.
   */
  async members(conversationId: ConversationId, userId: UserId, field = 'params.conversationId'): Promise<readonly UserId[]> {
    const members = await this.#options.members.of(conversationId, userId);
    if (members === undefined) throw new UCError('NOT_FOUND', undefined, { field });
    return members;
  }

  /** @throws UCError `FORBIDDEN`. */
  checkMayWrite(members: readonly UserId[], author: UserId): void {
    const { mayChat } = this.#options;
    for (const member of members) if (member !== author && !mayChat(member, author)) throw new UCError('FORBIDDEN');
  }
}
