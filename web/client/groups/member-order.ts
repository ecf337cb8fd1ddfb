import type { UserId } from '#web/api/index.ts';

export interface MemberOrderInput {
  readonly members: readonly UserId[];
  readonly moderators: readonly UserId[];
  /** Part of a name, in any case; empty: everybody. */
  readonly filter: string;
  readonly nameOf: (userId: UserId) => string;
  readonly compare: (one: string, other: string) => number;
}

/** Moderators first, then by name. */
export function orderedMembers({ members, moderators, filter, nameOf, compare }: MemberOrderInput): UserId[] {
  const wanted = filter.trim().toLocaleLowerCase();
  const rank = new Set(moderators);
  return members
    .map((userId) => ({ userId, name: nameOf(userId), place: rank.has(userId) ? 0 : 1 }))
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .sort((one, other) => one.place - other.place || compare(one.name, other.name) || (one.userId < other.userId ? -1 : 1))
    .map(({ userId }) => userId);
}
