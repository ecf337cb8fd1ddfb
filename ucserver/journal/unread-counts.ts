import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { isMissed } from '#shared/protocol/journal.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { OutboxPort, StorageWatch } from '#ucserver/outbox/index.ts';
import { fromItem, lineOfPerson } from './pending-rows.ts';
import type { JournalRepository } from './repository.ts';

export interface UnreadCountsOptions {
  readonly repository: Pick<JournalRepository, 'unread'>;
  readonly outbox: Pick<OutboxPort, 'pendingOf'>;
  readonly storage: StorageWatch;
  readonly sessions: Pick<SessionTable, 'has' | 'ofUser'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Changes of many people are counted by one query. */
const gatherMs = 50;

/** Tells people on all their devices how many missed calls they have not seen. */
export class UnreadCounts {
  readonly #options: UnreadCountsOptions;
  readonly #changed = new Set<UserId>();
  #timer: Timer | undefined;
  #stopListening: (() => void) | undefined;
  #telling: Promise<void> | undefined;

  constructor(options: UnreadCountsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopListening = this.#options.storage.onChange(() => this.#soon());
  }

  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#timer?.stop();
    await this.#telling;
  }

  /** @throws UCError `STORAGE_UNAVAILABLE` */
  async of(userId: UserId): Promise<number> {
    const stored = (await this.#options.repository.unread([userId])).get(userId) ?? 0;
    return stored + this.#waiting(userId);
  }

  /** The count of this person may be another now. */
  changed(userId: UserId): void {
    if (!this.#options.sessions.has(userId)) return;
    this.#changed.add(userId);
    this.#soon();
  }

  #soon(): void {
    if (this.#changed.size === 0 || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(gatherMs, () => {
      this.#telling = this.#tell().finally(() => {
        this.#timer = undefined;
        // While SQL is away what is left waits for its return.
        if (this.#options.storage.canRead) this.#soon();
      });
    });
  }

  async #tell(): Promise<void> {
    const { repository, sessions, storage, logger } = this.#options;
    if (!storage.canRead) return;
    const people = [...this.#changed];
    this.#changed.clear();
    try {
      const counts = await repository.unread(people);
      for (const userId of people) {
        const told = fragment('journal.unread', { missed: (counts.get(userId) ?? 0) + this.#waiting(userId) });
        for (const session of sessions.ofUser(userId)) session.push(told, 'journal.unread');
      }
    } catch (error) {
      if (error instanceof UCError) for (const userId of people) this.#changed.add(userId);
      else logger.error('Missed calls could not be counted', { error });
    }
  }

  /** Missed calls that wait for SQL. */
  #waiting(userId: UserId): number {
    return this.#options.outbox.pendingOf(lineOfPerson(userId)).map(fromItem).filter(isMissed).length;
  }
}
