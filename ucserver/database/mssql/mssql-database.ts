import { setTimeout as pause } from 'node:timers/promises';
import sql from 'mssql';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { MssqlConfig } from '../config.ts';
import { HealthRecord } from '../health.ts';
import type { Database, DatabaseHealth, RunOptions } from '../port.ts';
import { driveAsync, type Procedure, type Query, toStep } from '../procedure.ts';
import { Queries } from '../queries.ts';
import { isDuplicate, isRepeatable, isUnreachable, translated } from './errors.ts';
import { createPool } from './pool.ts';
import { execute } from './requests.ts';

export interface MssqlDatabaseOptions {
  readonly config: MssqlConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

const probeMs = 500;
const mostAttempts = 6;

/** The answer to a COMMIT was lost: nobody knows what became of the transaction. */
class CommitError extends Error {}

/** Microsoft SQL Server through the `mssql` pool. */
export class MssqlDatabase implements Database {
  readonly engine = 'mssql';
  readonly queries = new Queries('mssql');
  readonly #options: MssqlDatabaseOptions;
  readonly #health = new HealthRecord();
  readonly #recorded = new Set<() => void>();
  readonly #prober: Timer;
  #pool: Promise<sql.ConnectionPool> | undefined;
  #probing = false;
  #closed = false;

  constructor(options: MssqlDatabaseOptions) {
    this.#options = options;
    this.#prober = options.clock.every(probeMs, () => void this.#probe());
  }

  get health(): DatabaseHealth {
    return this.#health.now;
  }

  async read<R>(query: Query<R>): Promise<R[]> {
    if (this.#closed || this.health.reads === 'away') throw new UCError('STORAGE_UNAVAILABLE');
    const step = toStep(query);
    const outcome = await this.#repeated(async () => {
      const pool = await this.#connected();
      return execute(() => pool.request(), step);
    });
    return outcome.rows as R[];
  }

  async run<P, R>(procedure: Procedure<P, R>, params: P, { waitMs }: RunOptions = {}): Promise<R> {
    if (this.#closed || (this.health.writes === 'away' && waitMs === undefined)) throw new UCError('STORAGE_UNAVAILABLE');
    const { result, announces } = await this.#repeated(() => this.#transaction(procedure, params, waitMs));
    if (announces) for (const listener of [...this.#recorded]) listener();
    return result;
  }

  onHealth(listener: (health: DatabaseHealth) => void): () => void {
    return this.#health.listen(listener);
  }

  onRecorded(listener: () => void): () => void {
    this.#recorded.add(listener);
    return () => this.#recorded.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#prober.stop();
    const pool = await this.#pool?.catch(() => undefined);
    await pool?.close();
  }

  async #transaction<P, R>(procedure: Procedure<P, R>, params: P, waitMs: number | undefined) {
    const pool = await this.#connected();
    const overrides = waitMs === undefined ? undefined : { requestTimeout: waitMs };
    const transaction = newTransaction(pool, overrides);
    // An aborted transaction also emits its error; the failed request has told it already.
    transaction.on('error', () => undefined);
    await transaction.begin(sql.ISOLATION_LEVEL.READ_COMMITTED);
    let done: { result: R; announces: boolean };
    try {
      done = await driveAsync(procedure.body(this.queries, params), (step) => execute(() => transaction.request(), step));
    } catch (error) {
      await transaction.rollback().catch((failure: Error) => {
        this.#options.logger.debug('rolled back by the server already', { reason: failure.message });
      });
      throw error;
    }
    try {
      await transaction.commit();
    } catch (error) {
      if (isRepeatable(error)) throw error;
      throw new CommitError('the answer to the commit was lost', { cause: error });
    }
    return done;
  }

  /**
   * Runs again what lost a deadlock, and once what found a duplicate: procedures look before they insert, and another
   * transaction may have been quicker in between. The pauses grow and differ, so that the same two do not meet again.
   */
  async #repeated<T>(act: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await act();
        this.#reached(true);
        return result;
      } catch (error) {
        if ((isRepeatable(error) && attempt < mostAttempts) || (isDuplicate(error) && attempt === 1)) {
          await pause(Math.random() * 10 * 2 ** attempt);
          continue;
        }
        if (error instanceof CommitError) {
          this.#reached(!isUnreachable(error.cause));
          throw new UCError('OUTCOME_UNKNOWN', undefined, { cause: error });
        }
        if (isUnreachable(error)) this.#reached(false, error);
        throw translated(error);
      }
    }
  }

  #connected(): Promise<sql.ConnectionPool> {
    if (this.#pool === undefined) {
      const pool = createPool(this.#options.config);
      pool.on('error', (error: Error) => this.#options.logger.warn('database connection failed', { error }));
      const connecting = pool.connect();
      this.#pool = connecting;
      connecting.catch(() => {
        this.#pool = undefined;
      });
    }
    return this.#pool;
  }

  async #probe(): Promise<void> {
    if (this.#probing || this.health.writes === 'up') return;
    this.#probing = true;
    try {
      const pool = await this.#connected();
      await pool.request().query('select 1 as answer');
      this.#reached(true);
    } catch (error) {
      this.#options.logger.debug('the database is still away', { error });
    } finally {
      this.#probing = false;
    }
  }

  #reached(reached: boolean, error?: unknown): void {
    if (reached !== (this.health.writes === 'up')) {
      this.#options.logger.warn(reached ? 'the database is back' : 'the database is away', { error });
    }
    this.#health.set('writes', reached);
    this.#health.set('reads', reached);
  }
}

/** The typings of `mssql` do not know the limits that one transaction can bring for its requests. */
function newTransaction(pool: sql.ConnectionPool, overrides: { requestTimeout: number } | undefined): sql.Transaction {
  const Transaction = sql.Transaction as unknown as new (pool: sql.ConnectionPool, overrides?: object) => sql.Transaction;
  return new Transaction(pool, overrides);
}
