import type { UserId } from '#shared/ids.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';

/** Even without anything due the timeline looks this often, so that a jump of the wall clock is noticed. */
const longestWaitMs = 60_000;

/** When the presence of which user changes by itself; one timer for all of them. */
export class Timeline {
  readonly #clock: Clock;
  readonly #due: (userId: UserId) => void;
  readonly #moments = new Map<UserId, number>();
  #timer: Timer | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;

  /** @param due called for each user whose moment has come; it may set the next one. */
  constructor(clock: Clock, due: (userId: UserId) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#moments.size;
  }

  /** @param atMs wall-clock ms; `undefined`: nothing is to come. */
  set(userId: UserId, atMs: number | undefined): void {
    if (atMs === undefined) {
      this.#moments.delete(userId);
      return;
    }
    this.#moments.set(userId, atMs);
    if (atMs < this.#armedForMs) this.#arm(atMs);
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    this.#moments.clear();
  }

  #arm(atMs: number): void {
    this.#timer?.stop();
    this.#armedForMs = atMs;
    const waitMs = Math.min(longestWaitMs, Math.max(0, atMs - this.#clock.wallMs()));
    this.#timer = this.#clock.after(waitMs, () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedForMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.wallMs();
    const due = [...this.#moments].filter(([, atMs]) => atMs <= now);
    for (const [userId] of due) this.#moments.delete(userId);
    for (const [userId] of due) this.#due(userId);
    let next = Number.POSITIVE_INFINITY;
    for (const atMs of this.#moments.values()) next = Math.min(next, atMs);
    if (next < this.#armedForMs) this.#arm(next);
  }
}
