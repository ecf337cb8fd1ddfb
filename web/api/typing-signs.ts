import type { ClientClock, ClientTimer } from './clock.ts';
import type { UserId } from './types.ts';

/** A sign of typing holds this long … */
const holdsMs = 5_000;
/** … and is sent at most this often. */
const everyMs = 3_000;

export interface TypingSignsOptions {
  readonly clock: ClientClock;
  /** Whether somebody can be told now. */
  readonly canTell: () => boolean;
  /** Tells the others that this user is writing. */
  readonly tell: () => void;
  /** Others have begun to write, or no longer do. */
  readonly changed: () => void;
}

/** Who is writing in one conversation, and when the others are told that this user is. */
export class TypingSigns {
  readonly #options: TypingSignsOptions;
  /** Until when each sign holds, in monotonic milliseconds. */
  readonly #until = new Map<UserId, number>();
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Tells when the time since the last sign is over. */
  #later: ClientTimer | undefined;

  constructor(options: TypingSignsOptions) {
    this.#options = options;
  }

  /** Others who are writing now. */
  get users(): readonly UserId[] {
    return [...this.#until.keys()];
  }

  /** The person is writing. Told at most every 3 s; within that time it is told at its end, unless the message is sent before. */
  own(): void {
    const { clock, canTell } = this.#options;
    if (this.#later || !canTell()) return;
    const waitMs = this.#toldAt + everyMs - clock.monotonicMs();
    if (waitMs <= 0) this.#tellNow();
    else {
      this.#later = clock.after(waitMs, () => {
        this.#later = undefined;
        this.#tellNow();
      });
    }
  }

  /** The person has sent what they wrote. */
  ownSent(): void {
    this.#later?.stop();
    this.#later = undefined;
  }

  heard(userId: UserId): void {
    const { clock, changed } = this.#options;
    const until = clock.monotonicMs() + holdsMs;
    this.#until.set(userId, until);
    changed();
    clock.after(holdsMs, () => {
      if (this.#until.get(userId) !== until) return;
      this.#until.delete(userId);
      changed();
    });
  }

  /** What they wrote has arrived. */
  ended(userId: UserId): void {
    this.#until.delete(userId);
  }

  #tellNow(): void {
    this.#toldAt = this.#options.clock.monotonicMs();
    this.#options.tell();
  }
}
