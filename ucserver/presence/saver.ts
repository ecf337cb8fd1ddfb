import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { PresenceVersion } from '#shared/protocol/presence.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Database, StatementError } from '#ucserver/database/index.ts';
import type { LastingPresence } from './owned-user.ts';
import { type PresenceRow, presenceProcedures, toRow } from './repository.ts';

export interface SaverOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

const gatherMs = 250;
/** While changes go on they are stored this often: whoever changes often is written once. */
const paceMs = 2_000;
const retryMs = 1_000;
const rowsAtOnce = 100;

/**
 * Writes what must outlive sessions to SQL, shortly after it changed and many people's together. While SQL is away it is kept, the last
 * value of each user, and written when it is back.
 */
export class PresenceSaver {
  readonly #options: SaverOptions;
  readonly #rows = new Map<UserId, PresenceRow>();
  readonly #seen = new Map<UserId, number>();
  readonly #unlisten: () => void;
  #timer: Timer | undefined;
  #saving: Promise<void> | undefined;
  #savedMs = Number.NEGATIVE_INFINITY;

  constructor(options: SaverOptions) {
    this.#options = options;
    this.#unlisten = options.database.onHealth(({ writes }) => {
      if (writes === 'up') this.#later(gatherMs);
    });
  }

  /** How many users are not stored yet. */
  get waiting(): number {
    return this.#rows.size + this.#seen.size;
  }

  save(userId: UserId, lasting: LastingPresence, version: PresenceVersion): void {
    this.#rows.set(userId, toRow(userId, lasting, version));
    this.#later(gatherMs);
  }

  /** People were seen until their server died. */
  seenUntil(userIds: Iterable<UserId>, atMs: number): void {
    for (const userId of userIds) this.#seen.set(userId, atMs);
    this.#later(gatherMs);
  }

  /** These people are here now: should all servers die, this is when they were seen last. Not kept when SQL is away. */
  async hereNow(userIds: readonly UserId[]): Promise<void> {
    const at = this.#options.clock.wallMs();
    for (let index = 0; index < userIds.length; index += rowsAtOnce) {
      const users = userIds.slice(index, index + rowsAtOnce).map((userId) => ({ userId, at }));
      if (!(await this.#run(() => this.#options.database.run(presenceProcedures.seen, { users, told: false, at })))) return;
    }
  }

  /** Writes what is waiting now, if SQL answers; before a user is released and at the end. */
  async flush(): Promise<void> {
    this.#timer?.stop();
    this.#timer = undefined;
    await this.#saving;
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
  }

  async stop(): Promise<void> {
    this.#unlisten();
    await this.flush();
    this.#timer?.stop();
  }

  #later(delayMs: number): void {
    const { clock } = this.#options;
    const paced = this.#savedMs + paceMs - clock.monotonicMs();
    this.#timer ??= clock.after(Math.max(delayMs, paced), () => {
      this.#timer = undefined;
      this.#savedMs = clock.monotonicMs();
      void this.flush();
    });
  }

  async #saveAll(): Promise<void> {
    const { database, clock } = this.#options;
    while (this.#rows.size > 0) {
      const rows = [...this.#rows.values()].slice(0, rowsAtOnce);
      if (!(await this.#run(() => database.run(presenceProcedures.save, { rows, at: clock.wallMs() })))) return;
      // One that was changed meanwhile is another object now and stays.
      for (const row of rows) if (this.#rows.get(row.user_id as UserId) === row) this.#rows.delete(row.user_id as UserId);
    }
    while (this.#seen.size > 0) {
      const seen = [...this.#seen].slice(0, rowsAtOnce);
      const users = seen.map(([userId, at]) => ({ userId, at }));
      if (!(await this.#run(() => database.run(presenceProcedures.seen, { users, told: true, at: clock.wallMs() })))) return;
      for (const [userId, at] of seen) if (this.#seen.get(userId) === at) this.#seen.delete(userId);
    }
  }

  /** @returns whether it was stored; if not, what is waiting is tried again later. */
  async #run(store: () => Promise<unknown>): Promise<boolean> {
    try {
      await store();
      return true;
    } catch (error) {
      const isAway = error instanceof UCError || (error instanceof StatementError && error.kind === 'duplicate');
      if (!isAway) this.#options.logger.error('Presence could not be stored', { error });
      this.#later(retryMs);
      return false;
    }
  }
}
