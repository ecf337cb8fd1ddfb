import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Lease } from '#ucserver/database/lease.ts';
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

const dayMs = 86_400_000;
/** Longer than one step takes; when its holder dies another server goes on after this. */
const leaseMs = 60_000;
const peopleAtOnce = 100;

/** Deletes calls that are older than they may be, in small steps with rests between them, on one server at a time. */
export class Cleaner {
  readonly #options: CleanerOptions;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, everyMs } = this.#options;
    this.#timer = clock.every(everyMs, () => void this.run());
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.stop();
    await this.#running;
  }

  /** Goes through the journals once, unless another server does; never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#clean().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #clean(): Promise<void> {
    const { days, repository, clock, logger } = this.#options;
    if (days() === 0) return;
    const before = clock.wallMs() - days() * dayMs;
    try {
      if (!(await repository.hold(this.#lease()))) return;
      for (let after = ''; !this.#stopped; ) {
        const people = await repository.oldest(after, peopleAtOnce);
        for (const { userId, startedAt } of people) if (startedAt < before && !(await this.#cleanOne(userId, before))) return;
        const last = people.at(-1);
        if (last === undefined || people.length < peopleAtOnce) return;
        after = last.userId;
        await this.#rest();
      }
    } catch (error) {
      // While SQL is away everything stays as it is; the next round goes on.
      if (!(error instanceof UCError)) logger.error('Old calls could not be deleted', { error });
    }
  }

  /** @returns false when this server must not go on. */
  async #cleanOne(userId: UserId, before: number): Promise<boolean> {
    for (;;) {
      if (this.#stopped) return false;
      const { held, more } = await this.#options.repository.deleteOlder(userId, before, this.#lease());
      if (!held) return false;
      await this.#rest();
      if (!more) return true;
    }
  }

  #rest(): Promise<void> {
    const { clock, restMs } = this.#options;
    return new Promise((resolve) => clock.after(restMs, resolve));
  }

  #lease(): Lease {
    const { holder, clock } = this.#options;
    const now = clock.wallMs();
    return { name: 'journal.retention', holder: holder(), now, until: now + leaseMs };
  }
}
