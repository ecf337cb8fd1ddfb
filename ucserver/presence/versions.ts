import type { PresenceVersion } from '#shared/protocol/presence.ts';

/** Orders versions by term, server id, life and number: below 0 when `a` is older than `b`, 0 when they are the same. */
export function compareVersions(a: PresenceVersion, b: PresenceVersion): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2] || a[3] - b[3];
}

/** The later of two versions; `undefined` is older than any. */
export function laterVersion(a: PresenceVersion | undefined, b: PresenceVersion): PresenceVersion {
  return a === undefined || compareVersions(a, b) < 0 ? b : a;
}
