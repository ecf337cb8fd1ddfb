import type { ConversationId, UserId } from '#shared/ids.ts';
import type { Conversation, EntryBodies } from '#shared/protocol/chat.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { fragment, type Session, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Access } from './access.ts';
import type { NewEntry } from './commit-plan.ts';
import { conversationKindOf, createdConversationId } from './conversation-id.ts';
import type { ChatDirectory } from './conversation-members.ts';
import type { EntryFinder, EntryName } from './entry-finder.ts';
import { membershipChangeOf } from './membership-plan.ts';
import type { ChatRepository } from './repository.ts';
import type { GroupLimits } from './settings.ts';
import { isAway } from './storage-away.ts';

export interface GroupServiceOptions {
  readonly access: Access;
  readonly directory: ChatDirectory;
  readonly repository: Pick<ChatRepository, 'groupCounts' | 'mute'>;
  readonly finder: Pick<EntryFinder, 'sent'>;
  readonly sessions: Pick<SessionTable, 'ofUser'>;
  /** Whether `author` has the right `chat` with `addressee`. */
  readonly mayChat: (addressee: UserId, author: UserId) => boolean;
  readonly limits: () => GroupLimits;
  /** Stores an entry and answers its author. */
  readonly commit: (entry: NewEntry, members: readonly UserId[], from: Session) => Promise<Placed>;
  /** The conversation as this user has it. */
  readonly read: (userId: UserId, conversationId: ConversationId) => Promise<Conversation | undefined>;
  readonly clock: Clock;
}

/** Where an entry stands, or waits. */
type Placed = Result<'chat.rename'>;
type GroupKind = 'created' | 'members' | 'role' | 'rename';

/**
 * Groups and channels: who is in them, who moderates them, what they are called. All of it is entries of the log. What was stored
 * before is not judged a second time. Everything throws `UCError`.
 */
export class GroupService {
  readonly #options: GroupServiceOptions;

  constructor(options: GroupServiceOptions) {
    this.#options = options;
  }

  async createGroup(session: Session, params: Params<'chat.createGroup'>): Promise<Result<'chat.createGroup'>> {
    const { userId } = session;
    const { entryId, kind, title, historyVisible } = params;
    const conversationId = createdConversationId(kind, userId, entryId);
    const others = unique(params.members).filter((member) => member !== userId);
    const members = [userId, ...others];
    const body = { kind, title, historyVisible, members, moderators: [userId] };
    await this.#store(session, { conversationId, entryId }, 'created', body, members, async () => {
      this.#checkSize(members.length);
      await this.#checkMayAdd(members, userId);
    });
    const conversation = await this.#options.read(userId, conversationId);
    if (conversation === undefined) throw new UCError('NOT_FOUND');
    return conversation;
  }

  async addMembers(session: Session, { members, ...ids }: Params<'chat.addMembers'>): Promise<Result<'chat.addMembers'>> {
    const present = await this.#group(ids.conversationId, session.userId);
    const added = unique(members);
    return this.#store(session, ids, 'members', { added, removed: [] }, present, async () => {
      await this.#options.access.checkModerator(ids.conversationId, session.userId);
      const fresh = added.filter((userId) => !present.includes(userId));
      this.#checkSize(present.length + fresh.length);
      await this.#checkMayAdd(fresh, session.userId);
    });
  }

  async removeMembers(
    session: Session,
    { members, ...ids }: Params<'chat.removeMembers'>,
  ): Promise<Result<'chat.removeMembers'>> {
    const present = await this.#group(ids.conversationId, session.userId);
    const removed = unique(members);
    return this.#store(session, ids, 'members', { added: [], removed }, present, async () => {
      await this.#options.access.checkModerator(ids.conversationId, session.userId);
      if (removed.includes(session.userId))
        throw new UCError('BAD_REQUEST', 'Leave the group instead.', { field: 'params.members' });
    });
  }

  async setRole(session: Session, { userId, role, ...ids }: Params<'chat.setRole'>): Promise<Result<'chat.setRole'>> {
    const present = await this.#group(ids.conversationId, session.userId);
    return this.#store(session, ids, 'role', { userId, role }, present, async () => {
      const { access } = this.#options;
      await access.checkModerator(ids.conversationId, session.userId);
      if (!present.includes(userId)) throw new UCError('NOT_FOUND', undefined, { field: 'params.userId' });
      const remain = present.some((member) => member !== userId && access.isModerator(ids.conversationId, member));
      if (role === 'member' && !remain) throw new UCError('BAD_REQUEST', 'A group needs a moderator.', { field: 'params.role' });
    });
  }

  async rename(session: Session, { title, ...ids }: Params<'chat.rename'>): Promise<Result<'chat.rename'>> {
    const present = await this.#group(ids.conversationId, session.userId);
    return this.#store(session, ids, 'rename', { title }, present, () =>
      this.#options.access.checkModerator(ids.conversationId, session.userId),
    );
  }

  async leave(session: Session, ids: Params<'chat.leave'>): Promise<Result<'chat.leave'>> {
    const { access } = this.#options;
    const { userId } = session;
    const before = await this.#options.finder.sent(ids);
    // Whoever has left is no member any more, and gets the same answer all the same.
    if (before?.author === userId && before.kind === 'members') {
      const { members } = await access.reading(ids.conversationId, userId);
      return this.#commit(session, ids, 'members', JSON.parse(before.body), members);
    }
    const present = await this.#group(ids.conversationId, userId);
    const moderator = this.#successor(ids.conversationId, present, userId);
    return this.#store(session, ids, 'members', { added: [], removed: [userId], moderator }, present, () => undefined);
  }

  async mute(session: Session, { conversationId, until }: Params<'chat.mute'>): Promise<Result<'chat.mute'>> {
    const { access, repository, sessions } = this.#options;
    await access.members(conversationId, session.userId);
    await repository.mute({ conversationId, userId: session.userId, until });
    const told = fragment('chat.muted', { conversationId, until });
    for (const other of sessions.ofUser(session.userId)) if (other !== session) other.push(told, `chat.muted/${conversationId}`);
    return {};
  }

  /** Members of a group that this user is in. */
  async #group(conversationId: ConversationId, userId: UserId): Promise<readonly UserId[]> {
    const members = await this.#options.access.members(conversationId, userId);
    if (conversationKindOf(conversationId) === 'direct')
      throw new UCError('BAD_REQUEST', 'A conversation of two people cannot be changed.', { field: 'params.conversationId' });
    if (conversationKindOf(conversationId) === 'department')
      throw new UCError('FORBIDDEN', 'Who is in it follows the company directory.', { field: 'params.conversationId' });
    return members;
  }

  /** @param check throws when this may not be done; not asked for what was done before */
  async #store<K extends GroupKind>(
    session: Session,
    ids: EntryName,
    kind: K,
    body: EntryBodies[K],
    members: readonly UserId[],
    check: () => void | Promise<void>,
  ): Promise<Placed> {
    if ((await this.#options.finder.sent(ids)) === undefined) await check();
    return this.#commit(session, ids, kind, body, members);
  }

  async #commit<K extends GroupKind>(
    session: Session,
    { conversationId, entryId }: EntryName,
    kind: K,
    body: EntryBodies[K],
    members: readonly UserId[],
  ): Promise<Placed> {
    const { commit, directory, clock } = this.#options;
    const at = clock.wallMs();
    const entry = { conversationId, entryId, author: session.userId, kind, body: JSON.stringify(body), at };
    const { added = [], removed = [] } = membershipChangeOf(entry) ?? {};
    const receipt = await commit(entry, unique([...members, ...added, ...removed]), session);
    // What this server is asked next must find the change; the others hear of it with the entry and by the change feed.
    await directory.refresh().catch(() => undefined);
    return receipt;
  }

  /** @throws UCError `NOT_FOUND`, `FORBIDDEN`, or `TOO_LARGE` when somebody is in too many groups. */
  async #checkMayAdd(added: readonly UserId[], actor: UserId): Promise<void> {
    const { directory, mayChat, repository, limits } = this.#options;
    const field = 'params.members';
    for (const userId of added) {
      if (!directory.hasUser(userId)) throw new UCError('NOT_FOUND', undefined, { field, details: { userId } });
      if (userId !== actor && !mayChat(userId, actor)) throw new UCError('FORBIDDEN', undefined, { field, details: { userId } });
    }
    const most = limits().groupsPerPerson;
    if (added.length === 0) return;
    const counts = await repository.groupCounts(added).catch((error: unknown) => {
      if (!isAway(error)) throw error;
      return directory.groupCounts(added);
    });
    for (const [userId, groups] of counts) {
      if (groups < most) continue;
      const details = { userId, most };
      throw new UCError('TOO_LARGE', `A person can be in ${most} groups.`, { field, details });
    }
  }

  #checkSize(members: number): void {
    const most = this.#options.limits().members;
    if (members <= most) return;
    throw new UCError('TOO_LARGE', `A group can have ${most} members.`, { field: 'params.members', details: { most } });
  }

  /** Who becomes moderator when this one leaves; nobody while others are. */
  #successor(conversationId: ConversationId, members: readonly UserId[], leaving: UserId): UserId | undefined {
    const { access, directory } = this.#options;
    const others = members.filter((userId) => userId !== leaving);
    if (others.some((userId) => access.isModerator(conversationId, userId))) return undefined;
    const joined = (userId: UserId) => directory.memberOf(conversationId, userId)?.joined ?? Number.POSITIVE_INFINITY;
    return others.sort((one, other) => joined(one) - joined(other) || (one < other ? -1 : 1))[0];
  }
}

function unique(userIds: readonly UserId[]): UserId[] {
  return [...new Set(userIds)];
}
