import { setTimeout as pause } from 'node:timers/promises';
import sql from 'mssql';
import { UCError } from '#shared/protocol/errors.ts';
import { randomId } from '#shared/random-id.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { MssqlConfig } from '../config.ts';
import { HealthRecord } from '../health.ts';
import type { Database, DatabaseHealth, RunOptions } from '../port.ts';
import { driveAsync, type Procedure, type Query, toStep } from '../procedure.ts';
import { Queries } from '../queries.ts';
import { Attempt } from './attempt.ts';
import { CommitError, isDuplicate, isRepeatable, isUnreachable, isUnwritable, translated } from './errors.ts';
import { createPool } from './pool.ts';
import { execute } from './requests.ts';

export interface MssqlDatabaseOptions {
  readonly config: MssqlConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

const probeMs = 500;
/** So much room must be left. */
const probeBytes = 65_536;
const mostAttempts = 6;

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
    const outcome = await this.#repeated('reads', this.#patienceMs, async () => {
      const pool = await this.#connected();
      return execute(() => pool.request(), step);
    });
    return outcome.rows as R[];
  }

  async run<P, R>(procedure: Procedure<P, R>, params: P, { waitMs }: RunOptions = {}): Promise<R> {
    if (this.#closed || (this.health.writes === 'away' && waitMs === undefined)) throw new UCError('STORAGE_UNAVAILABLE');
    // Patience that somebody brings is for each statement: how many a migration has nobody knows.
    const limitMs = waitMs === undefined ? this.#patienceMs : undefined;
    const { result, announces } = await this.#repeated('writes', limitMs, (attempt) =>
      this.#transaction(procedure, params, waitMs, attempt),
    );
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

  get #patienceMs(): number {
    return this.#options.config.requestTimeoutMs;
  }

  async #transaction<P, R>(procedure: Procedure<P, R>, params: P, waitMs: number | undefined, attempt: Attempt) {
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
    if (!attempt.beginCommit()) {
      await transaction.rollback().catch(() => undefined);
      throw new UCError('STORAGE_UNAVAILABLE');
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
   * transaction may have been quicker in between. The pauses grow and differ, so that the same two do not meet again. All of it
   * has `limitMs`: a database that takes longer is away.
   */
  async #repeated<T>(part: keyof DatabaseHealth, limitMs: number | undefined, act: (attempt: Attempt) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await Attempt.run(clock, limitMs && limitMs - (clock.monotonicMs() - startMs), act);
        this.#reached(part === 'writes' ? ['writes', 'reads'] : ['reads'], true);
        return result;
      } catch (error) {
        if ((isRepeatable(error) && tries < mostAttempts) || (isDuplicate(error) && tries === 1)) {
          await pause(Math.random() * 10 * 2 ** tries);
          continue;
        }
        this.#failed(error instanceof CommitError ? error.cause : error);
        if (error instanceof CommitError) throw new UCError('OUTCOME_UNKNOWN', undefined, { cause: error });
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
    if (this.#probing || (this.health.writes === 'up' && this.health.reads === 'up')) return;
    this.#probing = true;
    try {
      await Attempt.run(this.#options.clock, this.#patienceMs, () => this.#tryToWrite());
      this.#reached(['writes', 'reads'], true);
    } catch (error) {
      this.#options.logger.debug('the database is still away', { error });
      if (isUnreachable(error)) return;
      // It answers. What it refuses for another reason than that nothing can be written says nothing about others.
      this.#reached(isUnwritable(error) ? ['reads'] : ['writes', 'reads'], true);
    } finally {
      this.#probing = false;
    }
  }

  /** A database that is full or read-only lets a transaction begin, so only one that writes says that writing works. */
  async #tryToWrite(): Promise<void> {
    const transaction = newTransaction(await this.#connected(), undefined);
    transaction.on('error', () => undefined);
    await transaction.begin(sql.ISOLATION_LEVEL.READ_COMMITTED);
    try {
      const table = `probe_${randomId()}`.replaceAll('-', '_');
      await transaction.request().batch(`create table ${table} (room varchar(max))`);
      await transaction.request().batch(`insert into ${table} values (replicate(convert(varchar(max), 'x'), ${probeBytes}))`);
    } finally {
      await transaction.rollback().catch(() => undefined);
    }
  }

  #failed(error: unknown): void {
    if (isUnreachable(error)) this.#reached(['writes', 'reads'], false, error);
    else if (isUnwritable(error)) this.#reached(['writes'], false, error);
  }

  #reached(parts: readonly (keyof DatabaseHealth)[], reached: boolean, error?: unknown): void {
    const changed = parts.filter((part) => reached !== (this.health[part] === 'up'));
    if (changed.length === 0) return;
    this.#options.logger.warn(reached ? 'the database is back' : 'the database is away', { parts: changed, error });
    for (const part of changed) this.#health.set(part, reached);
  }
}

/** The typings of `mssql` do not know the limits that one transaction can bring for its requests. */
function newTransaction(pool: sql.ConnectionPool, overrides: { requestTimeout: number } | undefined): sql.Transaction {
  const Transaction = sql.Transaction as unknown as new (pool: sql.ConnectionPool, overrides?: object) => sql.Transaction;
  return new Transaction(pool, overrides);
}
