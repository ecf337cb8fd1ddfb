import type { PermissionLevel } from '#web/api/index.ts';

/** The levels, lowest first. */
export const levels: readonly PermissionLevel[] = ['blocked', 'public', 'business', 'team', 'personal'];

/** What the client offers; the servers decide. `docs/rights.md` has the whole table. */
const neededLevel = { chat: 'public', setPresence: 'team' } as const satisfies Record<string, PermissionLevel>;

export function mayDo(level: PermissionLevel | undefined, right: keyof typeof neededLevel): boolean {
  return level !== undefined && levels.indexOf(level) >= levels.indexOf(neededLevel[right]);
}
