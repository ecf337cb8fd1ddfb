import type { Incarnation, ServerId } from '#shared/ids.ts';

export interface HomewardRules {
  /** How long a home server must have been well. */
  readonly afterMs: number;
  /** A restart within this time of the last start doubles that … */
  readonly restartWindowMs: number;
  /** … up to this. */
  readonly mostAfterMs: number;
  readonly usersPerSecond: number;
  readonly belowFill: number;
}

/** A home server as it is now. */
export interface HomePlace {
  readonly id: ServerId;
  readonly users: number;
  readonly fill: number;
  readonly full: boolean;
  readonly draining: boolean;
  readonly suspected: boolean;
  /** Since when (monotonic ms) it is heard without interruption. */
  readonly healthySinceMs: number | undefined;
}

interface Starts {
  readonly life: number;
  readonly atMs: number;
  readonly waitMs: number;
}

/** When and how many people may be sent home. Pure: times (monotonic ms) come from the caller. */
export class HomewardPlan {
  readonly #rules: HomewardRules;
  readonly #starts = new Map<ServerId, Starts>();

  constructor(rules: HomewardRules) {
    this.#rules = rules;
  }

  /** A server appeared; a further life of one that is known is a restart. */
  started({ serverId, life }: Incarnation, nowMs: number): void {
    const before = this.#starts.get(serverId);
    if (before && before.life >= life) return;
    const { afterMs, restartWindowMs, mostAfterMs } = this.#rules;
    const isSoon = before !== undefined && nowMs - before.atMs < restartWindowMs;
    this.#starts.set(serverId, { life, atMs: nowMs, waitMs: isSoon ? Math.min(before.waitMs * 2, mostAfterMs) : afterMs });
  }

  /** How long this server must have been well before people are sent to it. */
  waitMs(server: ServerId): number {
    return this.#starts.get(server)?.waitMs ?? this.#rules.afterMs;
  }

  /**
   * How many people this home server may get now.
   * @param sentLately how many were sent there who are not in its load yet.
   */
  room(home: HomePlace, sentLately: number, nowMs: number): number {
    const { belowFill } = this.#rules;
    if (home.draining || home.full || home.suspected || home.healthySinceMs === undefined) return 0;
    if (nowMs - home.healthySinceMs < this.waitMs(home.id) || home.fill >= belowFill) return 0;
    if (home.users === 0 || home.fill === 0) return Number.POSITIVE_INFINITY;
    const capacity = home.users / home.fill;
    return Math.max(0, Math.floor(belowFill * capacity - home.users - sentLately));
  }

  /** How many people may be sent within this time, and when the next are due: about a fifth of a second, with jitter. */
  pace(random: number): { users: number; nextInMs: number } {
    const { usersPerSecond } = this.#rules;
    const users = Math.max(1, Math.floor(usersPerSecond / 5));
    const evenMs = (users / usersPerSecond) * 1_000;
    return { users, nextInMs: evenMs * (1 + random * 0.5) };
  }
}
