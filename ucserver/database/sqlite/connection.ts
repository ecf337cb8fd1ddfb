import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { StatementError } from '../port.ts';
import type { Outcome, Step } from '../procedure.ts';

/** The file cannot be opened, locked, read or written now: the database is away. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  /** Somebody else is in the way, which may be over in a moment. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, cause }: { readonly mayPass?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.mayPass = mayPass;
  }
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const resultCode = { busy: 5, locked: 6, tooBig: 18, constraint: 19 } as const;
/** READONLY, CORRUPT, FULL, NOTADB: not the fault of the statement, and waiting does not help. */
const brokenCodes: ReadonlySet<number> = new Set([8, 11, 13, 26]);
/** IOERR, CANTOPEN and PROTOCOL also come of two processes that open or close the file at once. */
const passingCodes: ReadonlySet<number> = new Set([resultCode.busy, resultCode.locked, 10, 14, 15]);
const duplicateCodes: ReadonlySet<number> = new Set([1555, 2067, 2579]);
const maxStatements = 400;
/** A file that was moved away is noticed within this time, ms: SQLite itself goes on writing to the log that was left behind. */
const placeCheckMs = 100;

function translated(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  const primary = error.errcode & 0xff;
  const mayPass = passingCodes.has(primary);
  if (mayPass || brokenCodes.has(primary)) return new UnreachableError(error.message, { mayPass, cause: error });
  if (duplicateCodes.has(error.errcode)) return new StatementError('duplicate', error.message);
  if (primary === resultCode.constraint) return new StatementError('constraint', error.message);
  if (primary === resultCode.tooBig) return new StatementError('tooLong', error.message);
  return new StatementError('other', error.message, { cause: error });
}

/** Sleeps the worker thread it is called on. */
function sleepThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * One connection to the SQLite file, for a worker thread: synchronous, prepared statements kept, waits for locks itself (SQLite's
 * busy timeout has no jitter and starves one of several writing processes).
 */
export class Connection {
  readonly #file: string;
  readonly #readOnly: boolean;
  /** Only where there has been none: an empty file in place of one that was moved away would look like a company without people. */
  #mayCreate: boolean;
  #database: DatabaseSync | undefined;
  #place: string | undefined;
  #placeCheckedMs = 0;
  readonly #statements = new Map<string, { readonly statement: StatementSync; readonly answersRows: boolean }>();

  constructor(file: string, { readOnly, mayCreate }: { readonly readOnly: boolean; readonly mayCreate: boolean }) {
    this.#file = file;
    this.#readOnly = readOnly;
    this.#mayCreate = mayCreate;
  }

  /**
   * Calls `act` until it no longer finds the file locked, at most `waitMs`.
   * @throws UnreachableError after that, and at once when the file cannot be used at all.
   */
  withRetry<T>(waitMs: number, act: () => T): T {
    const start = performance.now();
    for (;;) {
      try {
        this.#open();
        return act();
      } catch (error) {
        const reason = translated(error);
        if (!(reason instanceof UnreachableError)) throw reason;
        const waited = performance.now() - start;
        if (!reason.mayPass || waited >= waitMs) throw reason;
        // Others hold the lock for about a millisecond at a time: look often at first, then leave the processor to them.
        sleepThread(Math.random() * (waited < 50 ? 1 : 10) + 0.05);
      }
    }
  }

  /** Runs a step in the transaction that is open, or on its own. @throws StatementError, UnreachableError */
  execute({ sql, sets }: Step): Outcome {
    try {
      const { statement, answersRows } = this.#prepare(sql);
      if (answersRows) {
        const [only] = sets;
        const found =
          sets.length === 1 && only ? statement.all(...values(only)) : sets.flatMap((set) => statement.all(...values(set)));
        return { rows: found, changes: 0 };
      }
      let changes = 0;
      for (const set of sets) changes += Number(statement.run(...values(set)).changes);
      return { rows: [], changes };
    } catch (error) {
      throw translated(error);
    }
  }

  /** Runs a statement without values and without an answer. @throws StatementError, UnreachableError */
  command(sql: string): void {
    this.execute({ sql, sets: [[]] });
  }

  /** The file exists: where none is found later, none is made. */
  makeNone(): void {
    this.#mayCreate = false;
  }

  /** Rolls back what is open; a connection that cannot even do that is opened anew when it is needed. */
  abandon(): void {
    try {
      if (this.#database?.isTransaction) this.#database.exec('rollback');
    } catch {
      this.close();
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database?.isOpen) this.#database.close();
    this.#database = undefined;
  }

  #open(): void {
    if (this.#database !== undefined) this.#closeIfMoved();
    if (this.#database !== undefined) return;
    if (this.#mayCreate) mkdirSync(dirname(this.#file), { recursive: true });
    else if (this.#placeNow() === undefined) throw new UnreachableError('the file is not in its place');
    const database = new DatabaseSync(this.#file, { timeout: 0 });
    try {
      database.exec('pragma journal_mode = wal');
      database.exec('pragma synchronous = full');
      database.exec('pragma wal_autocheckpoint = 0');
      database.exec('pragma cache_size = -16000');
      database.exec('pragma temp_store = memory');
      if (this.#readOnly) database.exec('pragma query_only = on');
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    this.#mayCreate = false;
    this.#place = this.#placeNow();
    this.#placeCheckedMs = performance.now();
  }

  #closeIfMoved(): void {
    const now = performance.now();
    if (now - this.#placeCheckedMs < placeCheckMs) return;
    this.#placeCheckedMs = now;
    if (this.#placeNow() !== this.#place) this.close();
  }

  /** Which file is in the place of the database now. */
  #placeNow(): string | undefined {
    const found = statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  }

  #prepare(sql: string) {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#database === undefined) throw new UnreachableError('the file is not open');
    const statement = this.#database.prepare(sql);
    const prepared = { statement, answersRows: statement.columns().length > 0 };
    if (this.#statements.size >= maxStatements) this.#statements.clear();
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

function values(set: readonly unknown[]): SQLInputValue[] {
  return set as SQLInputValue[];
}
