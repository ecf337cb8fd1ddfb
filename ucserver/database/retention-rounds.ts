import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Lease } from './lease.ts';

export interface RetentionRoundsOptions {
  /** Of the lease: one server at a time does it. */
  readonly name: string;
  /** Name of this server's life. */
  readonly holder: () => string;
  /** How often to look for what has become too old, ms. */
  readonly everyMs: number;
  /** Rest between two transactions, ms. */
  readonly restMs: number;
  /** Goes through everything once; between its steps it rests, and it ends when {@link RetentionRounds.isStopped}. */
  readonly round: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** In one day, ms. */
export const dayMs = 86_400_000;
/** Longer than one step takes; when its holder dies another server goes on after this. */
const leaseMs = 60_000;

/** Deletes again and again what is older than it may be, in small steps with rests between them; one round at a time. */
export class RetentionRounds {
  readonly #options: RetentionRoundsOptions;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: RetentionRoundsOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  start(): void {
    const { clock, everyMs } = this.#options;
    this.#timer = clock.every(everyMs, () => void this.run());
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.stop();
    await this.#running;
  }

  /** One round, unless one is under way; never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  rest(): Promise<void> {
    const { clock, restMs } = this.#options;
    return new Promise((resolve) => clock.after(restMs, resolve));
  }

  /** To be held, or taken again, by each step. */
  lease(): Lease {
    const { name, holder, clock } = this.#options;
    const now = clock.wallMs();
    return { name, holder: holder(), now, until: now + leaseMs };
  }

  async #round(): Promise<void> {
    const { round, name, logger } = this.#options;
    try {
      await round();
    } catch (error) {
      // While SQL is away everything stays as it is; the next round goes on.
      if (!(error instanceof UCError)) logger.error('What is too old could not be deleted', { name, error });
    }
  }
}
