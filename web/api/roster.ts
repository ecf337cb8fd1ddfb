import type { Presence, PresenceVersion, UserId } from './types.ts';

/** Presences by user, as far as they are known. Immutable. */
export type Roster = ReadonlyMap<UserId, Presence>;

/** Orders all changes of one user's presence: term, server id, life, number. Below 0 when `a` is the older one. */
export function comparePresenceVersions(a: PresenceVersion, b: PresenceVersion): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] - b[2] || a[3] - b[3];
}

/**
 * The roster with what arrived; the same object when nothing in it is new. An older version than the known one is left out. An
 * equal one is taken: whether it is stale changes without a new version. Versions order what one permission level sees; after a
 * change of the level, what comes is taken.
 *
 * @param anew Users whose known presence is from an earlier session; it orders nothing any more, so whatever comes is taken.
 */
export function takeIn(roster: Roster, arrived: readonly Presence[], anew: ReadonlySet<UserId> = new Set()): Roster {
  let next: Map<UserId, Presence> | undefined;
  for (const presence of arrived) {
    const known = (next ?? roster).get(presence.userId);
    const isComparable = known?.level === presence.level && !anew.has(presence.userId);
    if (isComparable && comparePresenceVersions(presence.version, known.version) < 0) continue;
    next ??= new Map(roster);
    next.set(presence.userId, presence);
  }
  return next ?? roster;
}

/** The roster without users nobody looks at any more. */
export function leaveOut(roster: Roster, userIds: Iterable<UserId>): Roster {
  const next = new Map(roster);
  for (const userId of userIds) next.delete(userId);
  return next.size === roster.size ? roster : next;
}
