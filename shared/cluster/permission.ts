import type { Clock, Timer } from '../runtime/clock.ts';

/** A pause of our own loop, or a gap in what proves that we are not buried, longer than this takes a permission away. */
export const permittedGapMs = 1_500;
const lookPeriodMs = 100;

export interface PermissionOptions {
  readonly clock: Clock;
  /** Our loop stood still for so long that the others may have buried us: find out. Called again every 250 ms until it is known. */
  readonly inquire: () => void;
  readonly onChange: () => void;
}

/**
 * What this server may do, by what it knows of its own life. After a pause of its loop it does nothing until it has heard that
 * it is not buried; after a mere gap of that knowledge it goes on serving its own clients.
 */
export class Permission {
  readonly #options: PermissionOptions;
  #timer: Timer | undefined;
  #lookedMs: number;
  /** Asked after this time, somebody said that we are not buried. */
  #clearedMs: number;
  #paused = false;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #withdrawn = false;
  #told = { serve: true, write: true };
  #inquiredMs = Number.NEGATIVE_INFINITY;

  constructor(options: PermissionOptions) {
    this.#options = options;
    this.#lookedMs = options.clock.monotonicMs();
    this.#clearedMs = this.#lookedMs;
  }

  start(): void {
    this.#lookedMs = this.#options.clock.monotonicMs();
    this.#clearedMs = this.#lookedMs;
    this.#timer = this.#options.clock.every(lookPeriodMs, () => this.#look());
  }

  stop(): void {
    this.#timer?.stop();
  }

  /** Looks at the clock itself, because whoever asks first after a pause may be earlier than our timer. */
  get mayServe(): boolean {
    return !this.#withdrawn && !this.#paused && this.#options.clock.monotonicMs() - this.#lookedMs <= permittedGapMs;
  }

  get mayWrite(): boolean {
    return this.mayServe && this.#options.clock.monotonicMs() - this.#clearedMs <= permittedGapMs;
  }

  /** Redis or a peer, asked at this own monotonic time, said that we are not buried. */
  cleared(askedMs: number): void {
    // Notices a pause that ended just now: an answer to what was asked before it may be older than the burial.
    this.#notePause();
    if (askedMs < this.#pausedUntilMs) return;
    this.#clearedMs = Math.max(this.#clearedMs, askedMs);
    this.#paused = false;
    this.#tell();
  }

  /** Nothing may be done any more until {@link restore}: we are buried. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#tell();
  }

  restore(): void {
    this.#withdrawn = false;
    this.#paused = false;
    this.#clearedMs = this.#options.clock.monotonicMs();
    this.#tell();
  }

  #notePause(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#lookedMs > permittedGapMs) {
      this.#paused = true;
      this.#pausedUntilMs = nowMs;
    }
    this.#lookedMs = nowMs;
  }

  #look(): void {
    this.#notePause();
    const nowMs = this.#lookedMs;
    if (this.#paused && nowMs - this.#inquiredMs >= 250) {
      this.#inquiredMs = nowMs;
      this.#options.inquire();
    }
    this.#tell();
  }

  #tell(): void {
    const now = { serve: this.mayServe, write: this.mayWrite };
    if (now.serve === this.#told.serve && now.write === this.#told.write) return;
    this.#told = now;
    this.#options.onChange();
  }
}
