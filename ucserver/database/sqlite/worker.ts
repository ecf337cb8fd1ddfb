import { parentPort, workerData } from 'node:worker_threads';
import { drive, isProcedureSet, type Procedure, proceduresOf } from '../procedure.ts';
import { Queries } from '../queries.ts';
import { Connection, UnreachableError } from './connection.ts';
import {
  type Answer,
  type FromWorker,
  type ProcedureCall,
  type ReadCall,
  type ToWorker,
  toFailure,
  type WorkerStart,
} from './messages.ts';

/** The thread that holds one connection: the only place where a server waits for its SQLite file. */
const start = workerData as WorkerStart;
if (parentPort === null) throw new Error('this module is the entry of a worker thread');
const port = parentPort;
const connection = new Connection(start.file, { readOnly: start.role === 'reader' });
const queries = new Queries('sqlite');
const procedures = new Map<string, Procedure<unknown, unknown>>();

for (const url of start.modules) {
  const exported: Readonly<Record<string, unknown>> = await import(url);
  for (const set of Object.values(exported).filter(isProcedureSet)) {
    for (const procedure of proceduresOf(set)) procedures.set(procedure.name, procedure);
  }
}

function runOne({ id, name, params }: ProcedureCall): Answer {
  try {
    const procedure = procedures.get(name);
    if (procedure === undefined) throw new Error(`no procedure ${name}: is its set given to openDatabase?`);
    const { result, announces } = drive(procedure.body(queries, params), (step) => connection.execute(step));
    return { id, ok: true, value: result, announces };
  } catch (error) {
    if (error instanceof UnreachableError) throw error;
    return { id, ok: false, failure: toFailure(error) };
  }
}

/** Grouped commit: the procedures share one transaction, each behind a savepoint, so one that fails takes only itself back. */
function runGroup(calls: readonly ProcedureCall[], waitMs: number): { answers: readonly Answer[]; reached: boolean } {
  try {
    connection.withRetry(waitMs, () => connection.command('begin immediate'));
    const answers = calls.map((call) => {
      connection.command('savepoint one');
      const answer = runOne(call);
      if (!answer.ok) connection.command('rollback to one');
      connection.command('release one');
      return answer;
    });
    connection.command('commit');
    return { answers, reached: true };
  } catch (error) {
    return { answers: calls.map(({ id }) => afterFailure(id, error)), reached: !(error instanceof UnreachableError) };
  }
}

/** Nothing of the transaction is stored; a connection whose file failed is opened anew next time. */
function afterFailure(id: number, error: unknown): Answer {
  try {
    connection.rollbackIfOpen();
  } catch {
    connection.close();
  }
  if (error instanceof UnreachableError) return { id, ok: false, failure: { type: 'unavailable', message: error.message } };
  return { id, ok: false, failure: toFailure(error) };
}

function readAll(calls: readonly ReadCall[], waitMs: number): { answers: readonly Answer[]; reached: boolean } {
  let reached = true;
  const answers = calls.map(({ id, step }): Answer => {
    try {
      // A file that did not answer the first of them in time is not waited for once more by each of the others.
      const outcome = connection.withRetry(reached ? waitMs : 0, () => connection.execute(step));
      return { id, ok: true, value: outcome.rows, announces: false };
    } catch (error) {
      reached &&= !(error instanceof UnreachableError);
      return afterFailure(id, error);
    }
  });
  return { answers, reached };
}

function probe(): boolean {
  try {
    connection.withRetry(0, () => {
      if (start.role === 'reader') return connection.execute({ sql: 'select count(*) as tables from sqlite_schema', sets: [[]] });
      connection.command('begin immediate');
      return connection.command('commit');
    });
    return true;
  } catch {
    connection.rollbackIfOpen();
    return false;
  }
}

function checkpoint(mode: 'passive' | 'restart'): number {
  try {
    const { rows } = connection.withRetry(0, () => connection.execute({ sql: `pragma wal_checkpoint(${mode})`, sets: [[]] }));
    const [row] = rows as { log: number }[];
    return row?.log ?? 0;
  } catch {
    return 0; // Busy: another process does it, or the next turn.
  }
}

function tell(message: FromWorker): void {
  port.postMessage(message);
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'run':
      return tell({ kind: 'done', ...runGroup(message.calls, message.waitMs) });
    case 'read':
      return tell({ kind: 'done', ...readAll(message.calls, message.waitMs) });
    case 'probe':
      return tell({ kind: 'probed', reached: probe() });
    case 'checkpoint':
      return tell({ kind: 'checkpointed', walPages: checkpoint(message.mode) });
    case 'close':
      connection.close();
      return port.close();
  }
});
