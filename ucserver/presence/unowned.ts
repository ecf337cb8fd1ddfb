import type { UserId } from '#shared/ids.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { PresenceDocument } from './document.ts';
import { mergeClaims } from './engine.ts';
import { type LastingPresence, nothingLasting, wholeOf } from './owned-user.ts';
import { Timeline } from './timeline.ts';
import { laterVersion } from './versions.ts';

/** What SQL knows of a user's presence. */
export interface StoredPresence extends LastingPresence {
  /** The version under which an owner wrote it. */
  readonly version: PresenceVersion;
}

export interface UnownedUsersOptions {
  readonly clock: Clock;
  readonly stored: (userId: UserId) => StoredPresence | undefined;
  /** The version of a user of whom nothing was ever stored: older than any. */
  readonly nothingYet: PresenceVersion;
  /** The presence of a user followed here has changed by itself. */
  readonly onDue: (userId: UserId) => void;
}

/** The presence of users whom nobody owns: every server works it out from its memory copy of SQL. */
export class UnownedUsers {
  readonly #options: UnownedUsersOptions;
  readonly #timeline: Timeline;

  constructor(options: UnownedUsersOptions) {
    this.#options = options;
    this.#timeline = new Timeline(options.clock, options.onDue);
  }

  /**
   * @param goneAtMs when their owner died, if that is why nobody owns them.
   * @param atLeast what was told before and is replaced by this.
   */
  document(userId: UserId, goneAtMs?: number, atLeast?: PresenceVersion): PresenceDocument {
    const { stored, clock, nothingYet } = this.#options;
    const { version, manual, note, lastSeen } = stored(userId) ?? { ...nothingLasting, version: nothingYet };
    const merged = mergeClaims({ claims: [], manual, note, lastSeen }, clock.wallMs());
    const setAt = merged.manual?.from ?? merged.manual?.setAt;
    // Of who appeared offline the moment at which they began to is told, however long they stayed.
    const seen = later(lastSeen, merged.appearsOffline ? setAt : goneAtMs);
    const since = merged.state === 'offline' ? seen : setAt;
    return new PresenceDocument(wholeOf(userId, laterVersion(atLeast, version), merged, since, seen), undefined, true);
  }

  /** From now on {@link UnownedUsersOptions.onDue} is called when something of this user begins or ends. */
  follow(userId: UserId): void {
    const { stored, clock } = this.#options;
    const row = stored(userId);
    this.#timeline.set(
      userId,
      row && mergeClaims({ claims: [], manual: row.manual, note: row.note }, clock.wallMs()).nextChangeAt,
    );
  }

  unfollow(userId: UserId): void {
    this.#timeline.set(userId, undefined);
  }

  stop(): void {
    this.#timeline.stop();
  }
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
