import type { UserId } from '#shared/ids.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';

const lookEveryMs = 500;

export interface IdleReleaseOptions {
  readonly ownership: Ownership;
  readonly sessions: SessionTable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly afterMs: number;
}

/** Gives up users who are signed in nowhere and of whom nothing else is known that holds: nobody owns them then. */
export class IdleRelease {
  readonly #options: IdleReleaseOptions;
  /** Users owned here without a session, and since when (monotonic ms). */
  readonly #idle = new Map<UserId, number>();
  readonly #claims = new Set<(userId: UserId) => boolean>();

  constructor(options: IdleReleaseOptions) {
    this.#options = options;
    const { sessions, ownership, clock } = options;
    sessions.onOpened(({ userId }) => this.#idle.delete(userId));
    sessions.onClosed(({ userId }, lastOfUser) => {
      if (lastOfUser && ownership.owns(userId)) this.#idle.set(userId, clock.monotonicMs());
    });
  }

  start(): Unsubscribe {
    const { ownership, sessions, clock } = this.#options;
    const stopTaken = ownership.onTaken((userId) => {
      if (!sessions.has(userId)) this.#idle.set(userId, clock.monotonicMs());
    });
    const stopLost = ownership.onLost((userId) => this.#idle.delete(userId));
    const look = clock.every(lookEveryMs, () => this.#look());
    return () => {
      stopTaken();
      stopLost();
      look.stop();
    };
  }

  addClaims(hasClaims: (userId: UserId) => boolean): Unsubscribe {
    this.#claims.add(hasClaims);
    return () => this.#claims.delete(hasClaims);
  }

  #look(): void {
    const { ownership, sessions, clock, logger, afterMs } = this.#options;
    for (const [userId, sinceMs] of this.#idle) {
      if (clock.monotonicMs() - sinceMs < afterMs) continue;
      // Their time begins anew when the last claim is gone.
      if (this.#hasClaims(userId)) {
        this.#idle.set(userId, clock.monotonicMs());
        continue;
      }
      this.#idle.delete(userId);
      if (sessions.has(userId)) continue;
      ownership.release(userId).catch((error: unknown) => logger.error('A user could not be released', { userId, error }));
    }
  }

  #hasClaims(userId: UserId): boolean {
    for (const hasClaims of this.#claims) if (hasClaims(userId)) return true;
    return false;
  }
}
