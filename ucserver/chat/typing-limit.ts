import type { ConversationId, UserId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** Shortest time between two typing events of one person in one conversation. */
export const typingEveryMs = 3_000;

const sweepAbove = 1_000;

/** Lets one typing event through per person, conversation and {@link typingEveryMs}. */
export class TypingLimit {
  readonly #clock: Clock;
  /** When (monotonic ms) each was let through last, oldest first. */
  readonly #last = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when it may be told now. */
  allows(userId: UserId, conversationId: ConversationId): boolean {
    const key = `${userId}/${conversationId}`;
    const nowMs = this.#clock.monotonicMs();
    const lastMs = this.#last.get(key);
    if (lastMs !== undefined && nowMs - lastMs < typingEveryMs) return false;
    this.#last.delete(key);
    this.#last.set(key, nowMs);
    if (this.#last.size > sweepAbove) this.#sweep(nowMs);
    return true;
  }

  #sweep(nowMs: number): void {
    for (const [key, lastMs] of this.#last) {
      if (nowMs - lastMs < typingEveryMs) return;
      this.#last.delete(key);
    }
  }
}
