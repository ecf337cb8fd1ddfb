import type { UserId } from '#shared/ids.ts';

export type Admission =
  /** May be taken after this many ms, waiting with an open connection. */
  | { readonly kind: 'admitted'; readonly inMs: number }
  /** Comes again after this many ms; the place is kept until then. */
  | { readonly kind: 'later'; readonly retryAfterMs: number };

export interface ReturnQueueOptions {
  readonly perSecond: number;
  /** Who would wait longer than this comes again later. */
  readonly mostWaitMs: number;
}

/** How long a place is kept for somebody who was told to come again. */
const keptForMs = 5_000;

/**
 * Gives the people who return after a server's death one place each in a line that moves at a bounded rate. Who was told to come
 * later has their place when they come, so nobody is sent away twice. Pure: times (monotonic ms) come from the caller.
 */
export class ReturnQueue {
  readonly #spacingMs: number;
  readonly #mostWaitMs: number;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  readonly #places = new Map<UserId, number>();

  constructor({ perSecond, mostWaitMs }: ReturnQueueOptions) {
    this.#spacingMs = 1_000 / perSecond;
    this.#mostWaitMs = mostWaitMs;
  }

  admit(userId: UserId, nowMs: number): Admission {
    this.#forgetOld(nowMs);
    let placeAtMs = this.#places.get(userId);
    if (placeAtMs === undefined) {
      placeAtMs = Math.max(nowMs, this.#nextAtMs);
      this.#nextAtMs = placeAtMs + this.#spacingMs;
    }
    const inMs = Math.max(0, placeAtMs - nowMs);
    if (inMs <= this.#mostWaitMs) {
      this.#places.delete(userId);
      return { kind: 'admitted', inMs };
    }
    this.#places.set(userId, placeAtMs);
    return { kind: 'later', retryAfterMs: Math.ceil(inMs) };
  }

  /** Whether somebody waits, or would have to. */
  isBusy(nowMs: number): boolean {
    this.#forgetOld(nowMs);
    return this.#places.size > 0 || this.#nextAtMs > nowMs + this.#mostWaitMs;
  }

  #forgetOld(nowMs: number): void {
    // Places are given in the order of time, so the first one that is not old ends the search.
    for (const [userId, atMs] of this.#places) {
      if (atMs + keptForMs > nowMs) break;
      this.#places.delete(userId);
    }
  }
}
