import type { UserId } from '#shared/ids.ts';

interface Death {
  readonly atMs: number;
  readonly wallMs: number;
  readonly missing: Set<UserId>;
}

export interface Gone {
  readonly users: readonly UserId[];
  /** When their server died: they are offline since then. Wall time in ms. */
  readonly sinceMs: number;
}

export interface AbsenceOptions {
  readonly goneAfterMs: number;
  readonly goneAfterQueueMs: number;
}

/** How long a death is remembered at most; after that, who comes is no longer somebody who returns. */
const rememberedMs = 60_000;

/**
 * The people of dead servers, from the death until they are back or given up. Pure: times (monotonic ms) come from the caller.
 */
export class Absence {
  readonly #options: AbsenceOptions;
  /** Deaths whose people may still come back, in order. */
  #deaths: Death[] = [];
  /** Who was on a dead server, and when it died. */
  readonly #returning = new Map<UserId, number>();

  constructor(options: AbsenceOptions) {
    this.#options = options;
  }

  died(users: Iterable<UserId>, nowMs: number, wallMs: number): void {
    const missing = new Set(users);
    this.#deaths.push({ atMs: nowMs, wallMs, missing });
    for (const userId of missing) this.#returning.set(userId, nowMs);
  }

  /** The user has an owner again. */
  back(userId: UserId): void {
    this.#returning.delete(userId);
    for (const { missing } of this.#deaths) missing.delete(userId);
  }

  /** Whether the user's server has died lately and they are not back yet. */
  isReturning(userId: UserId): boolean {
    return this.#returning.has(userId);
  }

  isMissing(userId: UserId): boolean {
    return this.#deaths.some(({ missing }) => missing.has(userId));
  }

  /** Who is given up now. @param isQueue whether somewhere returning people wait to be taken. */
  givenUp(nowMs: number, isQueue: boolean): Gone[] {
    for (const [userId, atMs] of this.#returning) if (nowMs - atMs > rememberedMs) this.#returning.delete(userId);
    const afterMs = isQueue ? this.#options.goneAfterQueueMs : this.#options.goneAfterMs;
    const over = this.#deaths.filter(({ atMs, missing }) => missing.size === 0 || nowMs - atMs >= afterMs);
    if (over.length > 0) this.#deaths = this.#deaths.filter((death) => !over.includes(death));
    return over
      .filter(({ missing }) => missing.size > 0)
      .map(({ missing, wallMs }) => ({ users: [...missing], sinceMs: wallMs }));
  }
}
