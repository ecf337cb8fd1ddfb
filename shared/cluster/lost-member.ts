import { type Incarnation, type IncarnationId, incarnationId } from '../ids.ts';
import type { Unsubscribe } from '../mesh/mesh-port.ts';
import type { Tombstone } from '../redis/records.ts';
import { RedisUnavailable } from '../redis/redis-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { type Board, reaperHoldMs } from './board.ts';
import type { LostStep } from './cluster-port.ts';

const renewPeriodMs = 1_500;
const retryMs = 500;

export interface LostMemberReaperOptions {
  readonly board: Pick<Board, 'bury' | 'forget'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly self: () => IncarnationId;
}

/**
 * Clears up after dead incarnations. The first server to ask gets the right to it and keeps it by renewing; the others look
 * again after it would have run out. Every step can be repeated, so a reaper may die as well.
 */
export class LostMemberReaper {
  readonly #options: LostMemberReaperOptions;
  readonly #steps = new Map<string, LostStep>();
  readonly #open = new Map<
    IncarnationId,
    { readonly tombstone: Tombstone; readonly lost: Incarnation; busy: boolean; timer?: Timer }
  >();
  #stopped = false;

  constructor(options: LostMemberReaperOptions) {
    this.#options = options;
  }

  addStep(name: string, step: LostStep): Unsubscribe {
    if (this.#steps.has(name)) throw new Error(`There is a step ${name} already`);
    this.#steps.set(name, step);
    return () => this.#steps.delete(name);
  }

  /** Sees to it that this incarnation is cleared up after, by us or another. */
  reap(lost: Incarnation, tombstone: Tombstone): void {
    const id = incarnationId(lost);
    if (this.#open.has(id)) return;
    this.#open.set(id, { lost, tombstone, busy: false });
    void this.#attempt(id);
  }

  /** Redis is back: tries at once what is left. */
  retryNow(): void {
    for (const id of this.#open.keys()) void this.#attempt(id);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#open.values()) timer?.stop();
  }

  async #attempt(id: IncarnationId): Promise<void> {
    const { board, clock, logger, self } = this.#options;
    const task = this.#open.get(id);
    if (task === undefined || task.busy || this.#stopped) return;
    task.timer?.stop();
    task.busy = true;
    let againMs: number | undefined = retryMs;
    try {
      const right = await board.bury(task.tombstone, self());
      if (right === 'YOURS') await this.#clearUp(id, task.lost, task.tombstone);
      // Spread, so that not all who wait ask at the same moment.
      againMs = right === 'OTHER' ? reaperHoldMs + retryMs * Math.random() : undefined;
    } catch (error) {
      // Redis away is the common reason; `retryNow` comes when it is back.
      logger[error instanceof RedisUnavailable ? 'debug' : 'error']('Clearing up is tried again', { lost: id, error });
    }
    task.busy = false;
    if (againMs === undefined) this.#open.delete(id);
    else if (!this.#stopped) task.timer = clock.after(againMs, () => void this.#attempt(id));
  }

  async #clearUp(id: IncarnationId, lost: Incarnation, tombstone: Tombstone): Promise<void> {
    const { board, clock, logger, self } = this.#options;
    const by = self();
    let failure: unknown;
    const renew = async () => {
      if (failure !== undefined) throw failure;
      const held = !this.#stopped && self() === by && (await board.bury(tombstone, by)) === 'YOURS';
      if (!held) throw new Error(`The right to clear up after ${id} was lost`);
    };
    const renewing = clock.every(renewPeriodMs, () => {
      renew().catch((error) => {
        failure = error;
        renewing.stop();
      });
    });
    try {
      for (const [name, step] of this.#steps) {
        logger.debug('Clearing up', { lost: id, step: name });
        await step(lost, renew);
        if (failure !== undefined) throw failure;
      }
      if (!(await board.forget(id, by))) throw new Error(`The right to clear up after ${id} was lost`);
      logger.info('Cleared up after a lost server', { lost: id });
    } finally {
      renewing.stop();
    }
  }
}
