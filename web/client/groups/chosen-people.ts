import type { UserId } from '#web/api/index.ts';

/** Somebody who is to be in a group. */
export interface ChosenPerson {
  readonly userId: UserId;
  readonly moderator: boolean;
}

/** Those chosen with further ones, each once, in the order in which they were chosen. */
export function withPeople(chosen: readonly ChosenPerson[], userIds: readonly UserId[]): readonly ChosenPerson[] {
  const known = new Set(chosen.map(({ userId }) => userId));
  const fresh = [...new Set(userIds)].filter((userId) => !known.has(userId));
  return fresh.length === 0 ? chosen : [...chosen, ...fresh.map((userId) => ({ userId, moderator: false }))];
}

export function withoutPerson(chosen: readonly ChosenPerson[], userId: UserId): readonly ChosenPerson[] {
  return chosen.filter((each) => each.userId !== userId);
}

export function withModerator(chosen: readonly ChosenPerson[], userId: UserId, moderator: boolean): readonly ChosenPerson[] {
  return chosen.map((each) => (each.userId === userId ? { userId, moderator } : each));
}
