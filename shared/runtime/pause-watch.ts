import type { Clock, Timer } from './clock.ts';

export type PauseListener = (pausedMs: number) => void;

export interface PauseWatchOptions {
  readonly clock: Clock;
  /** Longest time without a turn of the event loop that is no pause; default 1,500 ms. */
  readonly limitMs?: number;
}

const lookEveryMs = 100;

/**
 * Notices that this process did not run for a while: stopped, swapped out, starved, or its machine suspended. The others may
 * have buried it meanwhile, so whoever writes for the server calls {@link check} first: after a pause its timer may fire before ours.
 */
export class PauseWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #listeners = new Set<PauseListener>();
  #timer: Timer | undefined;
  #lastMonotonicMs = 0;
  #lastWallMs = 0;

  constructor({ clock, limitMs = 1500 }: PauseWatchOptions) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  start(): void {
    this.#remember();
    this.#timer ??= this.#clock.every(lookEveryMs, () => this.check());
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  /** Calls the listener once per pause, before {@link check} returns; answers a function that ends this. */
  listen(listener: PauseListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks now; answers how long the process was paused, 0 if it was not. Each pause is reported by one call only. */
  check(): number {
    if (!this.#timer) return 0;
    // Monotonic time stands still while a machine is suspended, wall time does not. A wall clock set forward looks like a
    // pause; that costs one needless question whether we are buried, the other mistake would cost a second owner.
    const passedMs = Math.max(this.#clock.monotonicMs() - this.#lastMonotonicMs, this.#clock.wallMs() - this.#lastWallMs);
    this.#remember();
    if (passedMs <= this.#limitMs) return 0;
    for (const listener of [...this.#listeners]) listener(passedMs);
    return passedMs;
  }

  #remember(): void {
    this.#lastMonotonicMs = this.#clock.monotonicMs();
    this.#lastWallMs = this.#clock.wallMs();
  }
}
