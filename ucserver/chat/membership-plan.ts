import type { UserId } from '#shared/ids.ts';
import type { EntryBodies, MemberRole } from '#shared/protocol/chat.ts';
import type { StoredEntry } from './commit-plan.ts';

/** What an entry says about who takes part. */
export interface MembershipChange {
  readonly added: readonly UserId[];
  readonly removed: readonly UserId[];
  readonly roles: readonly { readonly userId: UserId; readonly role: MemberRole }[];
}

/** `undefined` for entries that change no membership. */
export function membershipChangeOf({ kind, body }: Pick<StoredEntry, 'kind' | 'body'>): MembershipChange | undefined {
  if (kind === 'created') {
    const { members, moderators } = JSON.parse(body) as EntryBodies['created'];
    return { added: members, removed: [], roles: moderators.map((userId) => ({ userId, role: 'moderator' })) };
  }
  if (kind === 'members') {
    const { added, removed, moderator } = JSON.parse(body) as EntryBodies['members'];
    return { added, removed, roles: moderator === undefined ? [] : [{ userId: moderator, role: 'moderator' }] };
  }
  if (kind === 'role') return { added: [], removed: [], roles: [JSON.parse(body) as EntryBodies['role']] };
  return undefined;
}

/** The members after a change; those it adds come last. */
export function membersAfter(members: readonly UserId[], { added, removed }: MembershipChange): readonly UserId[] {
  const after = new Set([...members, ...added]);
  for (const userId of removed) after.delete(userId);
  return [...after];
}

/** A member as it stands in SQL. */
export interface StoredMember {
  readonly userId: UserId;
  /** Number of the entry with which they left; `null`: they are in it. */
  readonly left: number | null;
}

export interface MembershipPlan {
  /** Who comes for the first time. */
  readonly inserts: readonly UserId[];
  /** Who comes again. */
  readonly returns: readonly UserId[];
  readonly leaves: readonly UserId[];
}

/** Who really comes and goes; to add somebody who is there, or remove somebody who is not, does nothing. */
export function planMembership({ added, removed }: MembershipChange, present: readonly StoredMember[]): MembershipPlan {
  const known = new Map(present.map(({ userId, left }) => [userId, left]));
  const unique = [...new Set(added)].filter((userId) => !removed.includes(userId));
  return {
    inserts: unique.filter((userId) => !known.has(userId)),
    returns: unique.filter((userId) => typeof known.get(userId) === 'number'),
    leaves: [...new Set(removed)].filter((userId) => known.get(userId) === null),
  };
}
