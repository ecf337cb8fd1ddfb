import { UCError } from '#shared/protocol/errors.ts';
import { StatementError } from '../port.ts';

/** SQL Server's error numbers. https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors */
const duplicate: ReadonlySet<number> = new Set([2601, 2627]);
const constraint: ReadonlySet<number> = new Set([515, 547]);
const tooLong: ReadonlySet<number> = new Set([2628, 8152]);
const repeatable: ReadonlySet<number> = new Set([1205, 1222, 3960]);
/** Read-only (3906, 3908), no room for data (1101, 1105) or for the log (9002): reading goes on. */
const unwritable: ReadonlySet<number> = new Set([1101, 1105, 3906, 3908, 9002]);
/** The database is offline, being restored, or served by another replica now; the server shuts down. */
const unusable: ReadonlySet<number> = new Set([921, 922, 923, 924, 926, 927, 942, 945, 952, 976, 978, 983, 6005]);
/** What `mssql` and `tedious` call a server that does not answer or a connection that broke. */
const unreachable: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ESOCKET',
  'EINVALIDSTATE',
  'ETIMEOUT',
  'ETIMEDOUT',
  'ELOGIN',
  'ECONNCLOSED',
  'ENOTOPEN',
  'ENOCONN',
  'ENOTBEGUN',
  'EABORT',
  'EINSTLOOKUP',
  'ECLEARTEXT',
]);

/** The answer to a COMMIT was lost: nobody knows what became of the transaction. */
export class CommitError extends Error {}

/** No answer in time. */
export class LateError extends Error {
  readonly code = 'ETIMEOUT';
}

interface SqlErrorLike {
  readonly number?: unknown;
  readonly code?: unknown;
  readonly message: string;
}

function isErrorLike(error: unknown): error is SqlErrorLike & Error {
  return error instanceof Error;
}

/** A transaction that lost against another and may simply be run again. */
export function isRepeatable(error: unknown): boolean {
  if (!isErrorLike(error)) return false;
  if (typeof error.number === 'number' && repeatable.has(error.number)) return true;
  // A serialisation failure at commit bears no number, only the text of the server behind it.
  return error.number !== 50_000 && /could not serialize|deadlock/i.test(error.message);
}

/** Nothing can be written now, which is not the fault of the statement. */
export function isUnwritable(error: unknown): boolean {
  return isErrorLike(error) && typeof error.number === 'number' && unwritable.has(error.number);
}

export function isUnreachable(error: unknown): boolean {
  if (!isErrorLike(error)) return false;
  if (typeof error.number === 'number' && unusable.has(error.number)) return true;
  if (typeof error.code === 'string' && unreachable.has(error.code)) return true;
  return error.constructor.name === 'TimeoutError';
}

export function isDuplicate(error: unknown): boolean {
  if (!isErrorLike(error)) return false;
  return (typeof error.number === 'number' && duplicate.has(error.number)) || /duplicate key value/i.test(error.message);
}

/** The error a caller gets; errors of our own pass. */
export function translated(error: unknown): Error {
  if (error instanceof UCError || error instanceof StatementError) return error;
  if (!isErrorLike(error)) return new Error(String(error));
  if (isUnreachable(error) || isUnwritable(error)) return new UCError('STORAGE_UNAVAILABLE', undefined, { cause: error });
  const number = typeof error.number === 'number' ? error.number : 0;
  if (isDuplicate(error)) return new StatementError('duplicate', error.message);
  if (constraint.has(number)) return new StatementError('constraint', error.message);
  if (tooLong.has(number)) return new StatementError('tooLong', error.message);
  return new StatementError('other', error.message, { cause: error });
}
