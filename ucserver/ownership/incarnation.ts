import type { Incarnation } from '#shared/ids.ts';

export function sameIncarnation(a: Incarnation | undefined, b: Incarnation | undefined): boolean {
  return a !== undefined && b !== undefined && a.serverId === b.serverId && a.life === b.life;
}
