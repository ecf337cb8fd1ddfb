import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { keyOf, type NewEntry, type StoredEntry } from './commit-plan.ts';
import { type Committed, Committer } from './committer.ts';
import type { PendingChat } from './pending-item.ts';
import type { ChatRepository } from './repository.ts';

export interface PendingStorageOptions {
  readonly repository: Pick<ChatRepository, 'commit' | 'create' | 'find'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onCommitted: (generation: number, committed: readonly Committed[]) => void;
}

/** What became of a pending entry: its number in SQL; `conflict`: its id stands there for something else; `away`: not stored now. */
export type PendingOutcome = number | 'conflict' | 'away';

/** Nothing is held back to be gathered: the outbox gives as much as it wants to have stored together. */
const mostTogether = 1_000;

/**
 * Brings pending entries into SQL, apart from what people write meanwhile. All that is given together goes into one transaction;
 * once SQL was away for a part of it, nothing behind that part is stored either, so that the order holds.
 */
export class PendingStorage {
  readonly #options: PendingStorageOptions;
  readonly #committer: Committer;
  /** Numbers of those that were committed, by key, also in another form than they were given. */
  #seqs = new Map<string, number>();
  #away = false;

  constructor(options: PendingStorageOptions) {
    this.#options = options;
    const { repository, clock, logger } = options;
    this.#committer = new Committer({
      ...{ clock, logger, batchEntries: mostTogether, gatherMs: 0 },
      repository: {
        create: (conversation) => this.#once(() => repository.create(conversation)),
        commit: (batch) => this.#once(() => repository.commit(batch)),
      },
      onCommitted: (generation, committed) => {
        for (const { entry } of committed) this.#seqs.set(keyOf(entry), entry.seq);
        options.onCommitted(generation, committed);
      },
    });
  }

  /** In the order given; one call at a time. Never rejects. */
  async storeAll(waiting: readonly PendingChat[]): Promise<PendingOutcome[]> {
    this.#away = false;
    this.#seqs = new Map();
    return Promise.all(
      waiting.map(async ({ entry, members }): Promise<PendingOutcome> => {
        try {
          return (await this.#committer.commit(entry, members)).seq;
        } catch (error) {
          // Refused for good: it stands there all the same, as `rejected`.
          const seq = this.#seqs.get(keyOf(entry));
          if (seq !== undefined) return seq;
          if (error instanceof UCError && error.code === 'ID_CONFLICT') return 'conflict';
          if (!(error instanceof UCError)) this.#options.logger.error('A pending entry could not be stored', { error });
          return 'away';
        }
      }),
    );
  }

  /** Those that SQL holds under these ids, by key. @throws UCError `STORAGE_UNAVAILABLE`. */
  async read(entries: readonly NewEntry[]): Promise<Map<string, StoredEntry>> {
    const found = await this.#options.repository.find(entries);
    return new Map(found.map((entry) => [keyOf(entry), entry]));
  }

  async #once<T>(act: () => Promise<T>): Promise<T> {
    if (this.#away) throw new UCError('STORAGE_UNAVAILABLE');
    try {
      return await act();
    } catch (error) {
      if (error instanceof UCError) this.#away = true;
      throw error;
    }
  }
}
