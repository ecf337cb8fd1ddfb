import type { Clock } from '#shared/runtime/clock.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { OutboxPort } from '#ucserver/outbox/index.ts';
import type { FilesConfig } from './config.ts';

export interface CalmOptions {
  readonly database: Pick<Database, 'health' | 'onHealth'>;
  readonly outbox: Pick<OutboxPort, 'isEmpty'>;
  readonly clock: Clock;
  readonly config: Pick<FilesConfig, 'graceMs'>;
}

/** After an outage of SQL so long passes at most before anything is deleted, ms: servers notice that it is back one by one. */
const mostQuietMs = 60_000;

/**
 * Whether the references in SQL are all there are. While SQL was away messages with files were accepted from memory; until they are
 * out of the outbox of every server, a file without a reference may have one.
 */
export class Calm {
  readonly #options: CalmOptions;
  #sinceMs: number;
  #off: (() => void) | undefined;

  constructor(options: CalmOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.monotonicMs();
  }

  start(): void {
    this.#off = this.#options.database.onHealth(() => {
      this.#sinceMs = this.#options.clock.monotonicMs();
    });
  }

  stop(): void {
    this.#off?.();
  }

  /** Never rejects. */
  async holds(): Promise<boolean> {
    const { database, outbox, clock, config } = this.#options;
    const isUp = database.health.reads === 'up' && database.health.writes === 'up';
    if (!isUp || clock.monotonicMs() - this.#sinceMs < Math.min(mostQuietMs, config.graceMs)) return false;
    return outbox.isEmpty();
  }
}
