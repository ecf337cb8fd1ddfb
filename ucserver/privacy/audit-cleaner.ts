import { randomId } from '#shared/random-id.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Database } from '#ucserver/database/index.ts';
import { dayMs, RetentionRounds } from '#ucserver/database/retention-rounds.ts';
import { auditTrimProcedures } from './audit-procedures.ts';

export interface AuditCleanerOptions {
  readonly database: Pick<Database, 'run'>;
  /** Days that entries of the audit log are kept; 0: for ever. */
  readonly days: () => number;
  /** Name of this server's life. */
  readonly holder: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const everyMs = 3_600_000;
/** Rest between two transactions, so that this takes a small share of what SQL can do. */
const restMs = 50;

/** Deletes entries of the audit log that are older than they may be, on one server at a time. */
export class AuditCleaner {
  readonly #options: AuditCleanerOptions;
  readonly #rounds: RetentionRounds;

  constructor(options: AuditCleanerOptions) {
    this.#options = options;
    this.#rounds = new RetentionRounds({ ...options, everyMs, restMs, name: 'audit.retention', round: () => this.#clean() });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Ends after the step that is under way. */
  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Goes through what is too old once, unless another server does; never rejects. */
  run(): Promise<void> {
    return this.#rounds.run();
  }

  async #clean(): Promise<void> {
    const { days, clock } = this.#options;
    if (days() === 0) return;
    const before = clock.wallMs() - days() * dayMs;
    while (!this.#rounds.isStopped && (await this.#step(before))) await this.#rounds.rest();
  }

  #step(before: number): Promise<boolean> {
    const { database } = this.#options;
    const lease = this.#rounds.lease();
    return database.run(auditTrimProcedures.trim, { before, lease, record: { id: randomId(), at: lease.now } });
  }
}
