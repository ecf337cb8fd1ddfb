import { parentPort, workerData } from 'node:worker_threads';
import { Connection, UnreachableError } from './connection.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { readAll } from './reader.ts';

/** The thread that holds one connection: the only place where a server waits for its SQLite file. */
const start = workerData as WorkerStart;
if (parentPort === null) throw new Error('this module is the entry of a worker thread');
const port = parentPort;
const connection = new Connection(start.file, { readOnly: start.role === 'reader', mayCreate: start.mayCreate });
const writer = start.role === 'writer' ? await startWriter() : undefined;

/** Readers do without the query compiler and the features' modules. */
async function startWriter() {
  const { Writer } = await import('./writer.ts');
  const made = new Writer(connection);
  await made.load(start.modules);
  return made;
}

/** So much room must be left, in bytes; afterwards it is there for those who write next. */
const probeBytes = 65_536;

/** A full or read-only file lets a transaction begin, so only one that writes and commits says that writing works. */
function writeProbe(): void {
  connection.command('begin immediate');
  connection.command(`create table probe as select zeroblob(${probeBytes}) as room`);
  connection.command('drop table probe');
  connection.command('commit');
}

function probe(): boolean {
  try {
    connection.withRetry(0, () => {
      if (writer === undefined) return connection.execute({ sql: 'select count(*) as tables from sqlite_schema', sets: [[]] });
      return writeProbe();
    });
    return true;
  } catch {
    connection.abandon();
    return false;
  }
}

/** Above this many 4 KiB pages the log is begun anew, for which writers wait a moment. */
const longestWalPages = 16_384;
/** How long it may take until no writer and no reader is in the way. */
const restartWithinMs = 100;

/** Brings what the log holds into the file; nobody waits for that. Only a log that grew long is begun anew. */
function checkpoint(): void {
  try {
    const { log } = connection.withRetry(0, () => checkpointed('passive'));
    if (log > longestWalPages) connection.withRetry(restartWithinMs, () => checkpointed('restart'));
  } catch (error) {
    // Another process does it, or the next turn.
    if (!(error instanceof UnreachableError)) throw error;
  }
}

function checkpointed(mode: 'passive' | 'restart'): { readonly log: number } {
  const { rows } = connection.execute({ sql: `pragma wal_checkpoint(${mode})`, sets: [[]] });
  const [row] = rows as readonly { readonly busy: number; readonly log: number }[];
  if (row === undefined || row.busy !== 0) throw new UnreachableError('somebody else uses the log', { mayPass: true });
  return row;
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
    case 'found':
      return connection.makeNone();
    case 'probe':
      return tell({ kind: 'probed', reached: probe() });
    case 'checkpoint':
      return checkpoint();
    case 'pragma':
      return connection.withRetry(0, () => connection.command(`pragma ${message.pragma}`));
    case 'close':
      connection.close();
      return port.close();
  }
});
tell({ kind: 'ready' });
