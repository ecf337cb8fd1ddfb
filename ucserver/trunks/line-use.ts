import type { LegId } from '#shared/ids.ts';

/** A call on a trunk. */
export interface LineUse {
  readonly trunkId: string;
  readonly callId: string;
  readonly emergency: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What a server tells the others of its calls on one trunk. */
export interface LinesInUse {
  readonly calls: number;
  /** When the newest that is no emergency call began. */
  readonly newestAt?: number | undefined;
}

/** The lines of trunks that calls of this server use. */
export class LineUses {
  readonly #uses = new Map<LegId, LineUse>();

  take(leg: LegId, use: LineUse): void {
    this.#uses.set(leg, use);
  }

  free(leg: LegId): void {
    this.#uses.delete(leg);
  }

  /** Those on a trunk, oldest first. */
  of(trunkId: string): LineUse[] {
    return [...this.#uses.values()]
      .filter((use) => use.trunkId === trunkId)
      .sort((one, other) => one.startedAt - other.startedAt);
  }

  /** By trunk. */
  counts(): Record<string, LinesInUse> {
    const counts: Record<string, { calls: number; newestAt?: number }> = {};
    for (const { trunkId, emergency, startedAt } of this.#uses.values()) {
      const count = counts[trunkId] ?? { calls: 0 };
      const newestAt = emergency ? count.newestAt : Math.max(count.newestAt ?? 0, startedAt);
      counts[trunkId] = { calls: count.calls + 1, ...(newestAt === undefined ? {} : { newestAt }) };
    }
    return counts;
  }
}
