import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { OutboxFeature, OutboxItem, OutboxPort, Settled, StorageWatch } from '#ucserver/outbox/index.ts';
import { type KeptRow, keyOf, type NewRow, toNewRow } from './journal-plan.ts';
import { type JournalRow, type JournalRowInput, journalRowSchema } from './journal-row.ts';
import { fromItem, journalKind, toItem } from './pending-rows.ts';
import type { JournalWriter } from './port.ts';
import type { JournalRepository } from './repository.ts';
import { withoutErased } from './without-erased.ts';

export interface WriterOptions {
  readonly repository: Pick<JournalRepository, 'record' | 'held'>;
  readonly outbox: Pick<OutboxPort, 'addFeature' | 'accept'>;
  readonly storage: Pick<StorageWatch, 'canWrite'>;
  /** Whether what was stored of a person was erased. */
  readonly isErased: (userId: UserId) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** These are in force now, whether SQL holds them or they wait for it. */
  readonly onRecorded: (rows: readonly KeptRow[]) => void;
  /** Rows of these people have left the outbox. */
  readonly onSettled: (userIds: ReadonlySet<UserId>) => void;
}

interface Waiting {
  readonly row: JournalRow;
  readonly resolve: () => void;
}

/** Rows of one transaction. */
const batchRows = 400;
/** When neither SQL nor the spool takes a row. */
const retryMs = 1_000;

/**
 * Brings rows into SQL, all that come while others are being stored in one transaction; while SQL is away, into the outbox. What not even the spool
 * takes is kept in memory and tried again.
 */
export class Writer implements JournalWriter {
  readonly #options: WriterOptions;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #stopping = false;
  #endPause: (() => void) | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    options.outbox.addFeature(journalKind, this.#feature());
  }

  /** Rows that are not safe yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  async record(input: JournalRowInput): Promise<void> {
    const row = withoutErased(journalRowSchema.parse(input), this.#options.isErased);
    if (row === undefined) return;
    await new Promise<void>((resolve) => {
      this.#queue.push({ row, resolve });
      this.#running ??= this.#run();
    });
  }

  /** Waits until what was recorded is safe, but does not try again what neither SQL nor the spool takes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#endPause?.();
    await this.#running;
    const lost = this.#queue.length;
    if (lost > 0)
      this.#options.logger.error('Calls are not in the journal: neither database nor spool could be written', { lost });
  }

  async #run(): Promise<void> {
    // Rows of one turn of the event loop come together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, batchRows);
      const left = (await this.#store(batch)) ? [] : await this.#spool(batch);
      if (left.length === 0) continue;
      this.#queue.unshift(...left);
      if (this.#stopping) break;
      await this.#pause();
    }
    this.#running = undefined;
  }

  /** @returns false when SQL did not take them, or did not say so. */
  async #store(batch: readonly Waiting[]): Promise<boolean> {
    const { repository, storage, onRecorded, logger } = this.#options;
    if (!storage.canWrite) return false;
    try {
      onRecorded(await repository.record(batch.map(({ row }) => toNewRow(row))));
    } catch (error) {
      if (!(error instanceof UCError)) logger.error('Calls could not be written to the journal', { error });
      return false;
    }
    for (const { resolve } of batch) resolve();
    return true;
  }

  /** @returns those that the spool does not take either. */
  async #spool(batch: readonly Waiting[]): Promise<Waiting[]> {
    const { outbox, logger, onRecorded } = this.#options;
    const outcomes = await Promise.allSettled(batch.map(({ row }) => outbox.accept(toItem(row), 0)));
    const left: Waiting[] = [];
    const pending: KeptRow[] = [];
    let cause: unknown;
    for (const [index, waiting] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status !== 'fulfilled') {
        left.push(waiting);
        cause = outcome?.reason;
        continue;
      }
      if (outcome.value.settled === undefined) pending.push(toKept(toNewRow(waiting.row)));
      waiting.resolve();
    }
    if (left.length > 0) logger.error('The spool does not take calls of the journal', { calls: left.length, error: cause });
    if (pending.length > 0) onRecorded(pending);
    return left;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(retryMs, resolve);
      this.#endPause = () => {
        timer.stop();
        resolve();
      };
    });
  }

  #feature(): OutboxFeature {
    const { repository, onRecorded, onSettled, isErased, logger } = this.#options;
    return {
      spoolSuffices: true,
      // The id holds a hash of the row.
      same: (one, other) => one.id === other.id,
      async store(items) {
        const rows = items.flatMap((item) => withoutErased(fromItem(item), isErased) ?? []);
        try {
          onRecorded(await repository.record(rows.map(toNewRow)));
          return items.map(toSettled);
        } catch (error) {
          if (!(error instanceof UCError)) logger.error('Pending calls could not be written to the journal', { error });
          return [];
        }
      },
      async held(items) {
        const rows = new Map<OutboxItem, NewRow>(items.map((item) => [item, toNewRow(fromItem(item))]));
        const found = new Map((await repository.held([...rows.values()])).map((row) => [keyOf(row), row.precedence]));
        // What says more than it does is there, or it itself.
        return items.filter((item) => isHeld(rows.get(item), found)).map(toSettled);
      },
      // Whoever accepted them has told those whom they concern.
      pending: () => undefined,
      settled: (settled) => onSettled(new Set(settled.map(({ item }) => item.key as UserId))),
    };
  }
}

function isHeld(row: NewRow | undefined, found: ReadonlyMap<string, string>): boolean {
  return row !== undefined && (found.get(keyOf(row)) ?? '') >= row.precedence;
}

function toKept(row: NewRow): KeptRow {
  return { ...row, note: null, unread: row.missed ? 1 : 0 };
}

function toSettled(item: OutboxItem): Settled {
  return { item, seq: undefined };
}
