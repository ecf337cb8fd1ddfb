import type { ConversationId, UserId } from '#shared/ids.ts';
import type { EntryBodies } from '#shared/protocol/chat.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import { keyOf, type NewEntry } from './commit-plan.ts';
import type { ChatDirectory, Membership } from './conversation-members.ts';
import { type MembershipChange, membersAfter, membershipChangeOf } from './membership-plan.ts';
import type { PendingChat } from './pending-item.ts';

export interface PendingMembershipOptions {
  readonly directory: Pick<ChatDirectory, 'refresh'>;
  /** The highest number of a conversation that is known here, 0 if none is. */
  readonly headOf: (conversationId: ConversationId) => number;
  readonly clock: Clock;
}

/** A pending entry that says who is in a group or what it is called. */
interface Pending {
  readonly key: string;
  readonly place: number;
  readonly entry: NewEntry;
  /** Undefined: it says only what the group is called. */
  readonly change: MembershipChange | undefined;
}

const refreshAgainMs = 1_000;

/**
 * Membership in force is what SQL holds and, on top of it in their order, what pending entries say. They count until the memory
 * copy of SQL has been read after they were stored, so that in between nobody seems to be out, or in, again.
 */
export class PendingMembership {
  readonly #options: PendingMembershipOptions;
  readonly #byId = new Map<ConversationId, readonly Pending[]>();
  /** Stored, and perhaps not in the memory copy yet. */
  readonly #stored = new Set<Pending>();
  #refreshing: Promise<void> | undefined;
  #again: Timer | undefined;

  constructor(options: PendingMembershipOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#again?.stop();
  }

  /** An entry has become pending. */
  add({ entry, place }: PendingChat): void {
    const change = membershipChangeOf(entry);
    if (change === undefined && entry.kind !== 'rename') return;
    const added: Pending = { key: keyOf(entry), place, entry, change };
    const present = this.#byId.get(entry.conversationId) ?? [];
    if (present.some(({ key }) => key === added.key)) return;
    const next = [...present, added].sort((one, other) => one.place - other.place || (one.key < other.key ? -1 : 1));
    this.#byId.set(entry.conversationId, next);
  }

  /** An entry that was pending is stored. */
  stored({ entry }: PendingChat): void {
    const found = this.#byId.get(entry.conversationId)?.find(({ key }) => key === keyOf(entry));
    if (found === undefined) return;
    this.#stored.add(found);
    this.#refresh();
  }

  /** The members in force. @param stored those that SQL is known to hold */
  members(conversationId: ConversationId, stored: readonly UserId[] | undefined): readonly UserId[] | undefined {
    const changes = this.#byId.get(conversationId);
    if (changes === undefined) return stored;
    let members = stored;
    for (const { change } of changes) if (change !== undefined) members = membersAfter(members ?? [], change);
    return members;
  }

  /** Somebody's membership in force. @param stored what SQL is known to hold of it */
  member(conversationId: ConversationId, userId: UserId, stored: Membership | undefined): Membership | undefined {
    const changes = this.#byId.get(conversationId);
    if (changes === undefined) return stored;
    const head = this.#options.headOf(conversationId);
    let member = stored;
    for (const { change, entry } of changes) {
      if (change === undefined) continue;
      // What was written before is shown when SQL, which knows whether it may be, has stored this.
      const first = entry.kind === 'created' ? 1 : head + 1;
      if (change.added.includes(userId) && (member === undefined || member.left !== undefined))
        member = { role: 'member', visibleFrom: first, joined: first, left: undefined };
      if (member === undefined) continue;
      if (change.removed.includes(userId) && member.left === undefined) member = { ...member, left: head };
      const role = change.roles.findLast((each) => each.userId === userId)?.role;
      if (role !== undefined && member.left === undefined) member = { ...member, role };
    }
    return member;
  }

  /** The title in force. */
  title(conversationId: ConversationId, stored: string | undefined): string | undefined {
    const named = this.#byId.get(conversationId)?.findLast(({ entry: { kind } }) => kind === 'created' || kind === 'rename');
    return named === undefined ? stored : (JSON.parse(named.entry.body) as EntryBodies['rename']).title;
  }

  /** What the memory copy of SQL says, with what is pending on top of it. */
  over(directory: ChatDirectory): ChatDirectory {
    return {
      ...directory,
      memberOf: (conversationId, userId) => this.member(conversationId, userId, directory.memberOf(conversationId, userId)),
      membersOf: (conversationId) => this.members(conversationId, directory.membersOf(conversationId)),
    };
  }

  /** Whether something is pending that decides who is in a conversation or what it is called. */
  changes(conversationId: ConversationId): boolean {
    return this.#byId.has(conversationId);
  }

  #refresh(): void {
    if (this.#refreshing !== undefined) return;
    const { directory, clock } = this.#options;
    const read = [...this.#stored];
    this.#refreshing = directory.refresh().then(
      () => {
        this.#refreshing = undefined;
        for (const each of read) this.#forget(each);
        if (this.#stored.size > 0) this.#refresh();
      },
      () => {
        this.#refreshing = undefined;
        this.#again ??= clock.after(refreshAgainMs, () => {
          this.#again = undefined;
          this.#refresh();
        });
      },
    );
  }

  #forget(pending: Pending): void {
    this.#stored.delete(pending);
    const { conversationId } = pending.entry;
    const left = this.#byId.get(conversationId)?.filter((each) => each !== pending) ?? [];
    if (left.length === 0) this.#byId.delete(conversationId);
    else this.#byId.set(conversationId, left);
  }
}
