import { UCError } from '#shared/protocol/errors.ts';
import { randomId } from '#shared/random-id.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Database } from '#ucserver/database/index.ts';
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

const dayMs = 86_400_000;
const everyMs = 3_600_000;
/** Rest between two transactions, so that this takes a small share of what SQL can do. */
const restMs = 50;
/** Longer than one step takes; when its holder dies another server goes on after this. */
const leaseMs = 60_000;

/** Deletes entries of the audit log that are older than they may be, on one server at a time. */
export class AuditCleaner {
  readonly #options: AuditCleanerOptions;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: AuditCleanerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.every(everyMs, () => void this.run());
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.stop();
    await this.#running;
  }

  /** Goes through what is too old once, unless another server does; never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#clean().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #clean(): Promise<void> {
    const { days, clock, logger } = this.#options;
    if (days() === 0) return;
    const before = clock.wallMs() - days() * dayMs;
    try {
      while (!this.#stopped && (await this.#step(before))) await new Promise<void>((resolve) => clock.after(restMs, resolve));
    } catch (error) {
      // While SQL is away everything stays as it is; the next round goes on.
      if (!(error instanceof UCError)) logger.error('Old entries of the audit log could not be deleted', { error });
    }
  }

  #step(before: number): Promise<boolean> {
    const { database, holder, clock } = this.#options;
    const at = clock.wallMs();
    const lease = { name: 'audit.retention', holder: holder(), now: at, until: at + leaseMs };
    return database.run(auditTrimProcedures.trim, { before, lease, record: { id: randomId(), at } });
  }
}
