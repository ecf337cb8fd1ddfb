import type { UserId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { dayMs, RetentionRounds } from '#ucserver/database/retention-rounds.ts';
import type { JournalRepository } from './repository.ts';

export interface CleanerOptions {
  readonly repository: Pick<JournalRepository, 'hold' | 'oldest' | 'deleteOlder'>;
  /** Days that calls are kept; 0: for ever. */
  readonly days: () => number;
  /** Name of this server's life. */
  readonly holder: () => string;
  /** How often to look for what has become too old, ms. */
  readonly everyMs: number;
  /** Rest between two transactions, ms. */
  readonly restMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const peopleAtOnce = 100;

/** Deletes calls that are older than they may be, in small steps with rests between them, on one server at a time. */
export class Cleaner {
  readonly #options: CleanerOptions;
  readonly #rounds: RetentionRounds;

  constructor(options: CleanerOptions) {
    this.#options = options;
    this.#rounds = new RetentionRounds({ ...options, name: 'journal.retention', round: () => this.#clean() });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Ends after the step that is under way. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Goes through the journals once, unless another server does; never rejects. */
  run(): Promise<void> {
    return this.#rounds.run();
  }

  async #clean(): Promise<void> {
    const { days, repository, clock } = this.#options;
    if (days() === 0) return;
    const before = clock.wallMs() - days() * dayMs;
    if (!(await repository.hold(this.#rounds.lease()))) return;
    for (let after = ''; !this.#rounds.isStopped; ) {
      const people = await repository.oldest(after, peopleAtOnce);
      for (const { userId, startedAt } of people) if (startedAt < before && !(await this.#cleanOne(userId, before))) return;
      const last = people.at(-1);
      if (last === undefined || people.length < peopleAtOnce) return;
      after = last.userId;
      await this.#rounds.rest();
    }
  }

  /** @returns false when this server must not go on. */
  async #cleanOne(userId: UserId, before: number): Promise<boolean> {
    for (;;) {
      if (this.#rounds.isStopped) return false;
      const { held, more } = await this.#options.repository.deleteOlder(userId, before, this.#rounds.lease());
      if (!held) return false;
      await this.#rounds.rest();
      if (!more) return true;
    }
  }
}
