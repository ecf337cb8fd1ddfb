import { parentPort, workerData } from 'node:worker_threads';
import { Connection } from './connection.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { readAll } from './reader.ts';

/** The thread that holds one connection: the only place where a server waits for its SQLite file. */
const start = workerData as WorkerStart;
if (parentPort === null) throw new Error('this module is the entry of a worker thread');
const port = parentPort;
const connection = new Connection(start.file, { readOnly: start.role === 'reader' });
const writer = start.role === 'writer' ? await startWriter() : undefined;

/** Readers do without the query compiler and the features' modules. */
async function startWriter() {
  const { Writer } = await import('./writer.ts');
  const made = new Writer(connection);
  await made.load(start.modules);
  return made;
}

function probe(): boolean {
  try {
    connection.withRetry(0, () => {
      if (writer === undefined) return connection.execute({ sql: 'select count(*) as tables from sqlite_schema', sets: [[]] });
      connection.command('begin immediate');
      return connection.command('commit');
    });
    return true;
  } catch {
    connection.abandon();
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
      if (writer === undefined) throw new Error('a reader runs no procedures');
      return tell({ kind: 'done', ...writer.run(message.calls, message.waitMs) });
    case 'read':
      return tell({ kind: 'done', ...readAll(connection, message.calls, message.waitMs) });
    case 'probe':
      return tell({ kind: 'probed', reached: probe() });
    case 'checkpoint':
      return tell({ kind: 'checkpointed', walPages: checkpoint(message.mode) });
    case 'close':
      connection.close();
      return port.close();
  }
});
tell({ kind: 'ready' });
