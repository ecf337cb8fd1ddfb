import type { Procedure, Query } from './procedure.ts';
import type { Engine, Queries } from './queries.ts';

/** Whether the database answers; both come back by themselves, because it is probed while away. */
export interface DatabaseHealth {
  readonly writes: 'up' | 'away';
  readonly reads: 'up' | 'away';
}

export interface RunOptions {
  /** How long to try for the write lock and the server, ms; default 1000. Only migrations need more. */
  readonly waitMs?: number;
}

export interface ReadOptions {
  /**
   * `search`: for what may take tens of milliseconds; on SQLite it has a thread of its own, so that nothing else waits for it. What
   * runs there must be bounded by itself, because SQLite cannot be interrupted. Default: `short`.
   */
  readonly lane?: 'short' | 'search';
}

/**
 * The SQL database. Every failure to reach it is `UCError('STORAGE_UNAVAILABLE')` when nothing was stored, and
 * `UCError('OUTCOME_UNKNOWN')` when the answer to the commit was lost; what SQL refuses is a {@link StatementError}; a `UCError`
 * thrown by a procedure arrives as it was thrown, and rolls its transaction back.
 */
export interface Database {
  readonly engine: Engine;
  /** Writes the queries that {@link read} takes. */
  readonly queries: Queries;
  readonly health: DatabaseHealth;
  /** Runs one reading query outside any transaction and answers all its rows: page by key, keep pages under 1,000 rows. */
  read<R>(query: Query<R>, options?: ReadOptions): Promise<R[]>;
  /** Runs one procedure as one transaction and answers after the commit is on disk. */
  run<P, R>(procedure: Procedure<P, R>, params: P, options?: RunOptions): Promise<R>;
  /** Tells of each change of health. Answers how to stop listening. */
  onHealth(listener: (health: DatabaseHealth) => void): () => void;
  /** Tells after each commit of this process that recorded a change for the other servers. */
  onRecorded(listener: () => void): () => void;
  /** Lets what was asked finish, refuses the rest. */
  close(): Promise<void>;
}

export type StatementErrorKind = 'duplicate' | 'constraint' | 'tooLong' | 'other';

/** SQL refused a statement: it reached the database, which is well, and nothing of its transaction was stored. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly kind: StatementErrorKind;

  constructor(kind: StatementErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
