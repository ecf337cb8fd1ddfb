/** A line to the outside as it stands now. */
export interface TrunkState {
  readonly id: string;
  /** Lower ones are taken first. */
  readonly priority: number;
  /** Site whose calls it prefers; undefined: all alike. */
  readonly siteId: string | undefined;
  /** Answers probes and, where it must, is registered. */
  readonly up: boolean;
  /** Most calls at a time. */
  readonly lines: number;
  /** Calls on it now, oldest first. */
  readonly calls: readonly { readonly callId: string; readonly emergency: boolean; readonly startedAt: number }[];
}

export interface TrunkChoice {
  readonly trunkId: string;
  /** The call that must end first: an emergency call takes its line. */
  readonly givesWay?: string;
}

/**
 * The trunks to try, best first: up before down, the site's own before others, then by priority, then the one with more free
 * lines. Full trunks are left out. For an emergency call none is left out: on a full one the newest other call gives way, and
 * those that seem down are tried last, since a probe can be wrong.
 */
export function trunksToTry(trunks: readonly TrunkState[], siteId: string, emergency: boolean): TrunkChoice[] {
  const choices: { choice: TrunkChoice; rank: readonly number[] }[] = [];
  for (const trunk of trunks) {
    const free = trunk.lines - trunk.calls.length;
    const givesWay = free > 0 || !emergency ? undefined : newestOther(trunk);
    const usable = free > 0 || givesWay !== undefined;
    if (!usable || !(trunk.up || emergency)) continue;
    const away = trunk.siteId === undefined ? 1 : trunk.siteId === siteId ? 0 : 2;
    const rank = [trunk.up ? 0 : 1, givesWay === undefined ? 0 : 1, away, trunk.priority, -free];
    choices.push({ choice: { trunkId: trunk.id, ...(givesWay === undefined ? {} : { givesWay }) }, rank });
  }
  return choices.sort((a, b) => compare(a.rank, b.rank)).map(({ choice }) => choice);
}

function newestOther({ calls }: TrunkState): string | undefined {
  let newest: TrunkState['calls'][number] | undefined;
  for (const call of calls) {
    if (!call.emergency && (newest === undefined || call.startedAt > newest.startedAt)) newest = call;
  }
  return newest?.callId;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
