import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallId, UserId } from '#shared/ids.ts';
import { timeOrderedId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { type Database, databaseConfigSchema, migrate, openDatabase } from '#ucserver/database/index.ts';
import { JournalRepository, type JournalRowInput, journalProcedures } from '#ucserver/journal/index.ts';
import { Writer } from '#ucserver/journal/writer.ts';
import { databaseWatch } from '#ucserver/outbox/index.ts';
import { atLeast, type Bench, inTurn, ratio } from './bench.ts';
import { bareProcedures } from './floor/bare-inserts.ts';

const people = 2_000;
/** Rows of a transaction of the floor, as many as the journal puts into one. */
const batchRows = 400;
/** Calls that end while earlier ones are still being stored. */
const openCalls = 1_000;

/** One of the two rows of a call. */
function rowOf(caller: number, callId: CallId, startedAt: number, direction: 'incoming' | 'outgoing'): JournalRowInput {
  const [own, other] = direction === 'outgoing' ? [caller, caller + 1] : [caller + 1, caller];
  const id = (person: number) => `person-${person % people}` as UserId;
  return {
    ...{ userId: id(own), callId, scenarioId: callId, direction, scope: 'internal', ownNumber: `${1_000 + own}`, term: 1 },
    peer: { userId: id(other), number: `${1_000 + other}`, name: `Person Number ${other}` },
    ...{ startedAt, ringingAt: startedAt + 200, connectedAt: startedAt + 3_000, endedAt: startedAt + 60_000, result: 'answered' },
  };
}

/** Ends calls for so long, each written for both of its people; answers entries per second. */
async function endCalls(seconds: number, write: (rows: readonly JournalRowInput[]) => Promise<void>): Promise<number> {
  const endMs = performance.now() + seconds * 1_000;
  const startMs = performance.now();
  let entries = 0;
  let calls = 0;
  const caller = async () => {
    while (performance.now() < endMs) {
      const startedAt = Date.now();
      const callId = timeOrderedId(startedAt) as CallId;
      const person = calls++ * 7;
      await write((['outgoing', 'incoming'] as const).map((direction) => rowOf(person, callId, startedAt, direction)));
      entries += 2;
    }
  };
  await Promise.all(Array.from({ length: openCalls }, caller));
  return entries / ((performance.now() - startMs) / 1_000);
}

/** What a journal would write if each row came once and nobody looked: batches into the same table. */
function bareWriter(database: Database): (rows: readonly JournalRowInput[]) => Promise<void> {
  const waiting: { rows: readonly JournalRowInput[]; resolve: () => void }[] = [];
  let running = false;
  const run = async () => {
    running = true;
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchRows / 2);
      const list = batch
        .flatMap(({ rows }) => rows)
        .map((row) => ({
          ...{ user_id: row.userId, call_id: row.callId, started_at: row.startedAt, precedence: '1.0000000001.000000' },
          ...{ document: JSON.stringify(row), unread: 0 },
        }));
      await database.run(bareProcedures.insert, { list });
      for (const { resolve } of batch) resolve();
    }
    running = false;
  };
  return (rows) =>
    new Promise((resolve) => {
      waiting.push({ rows, resolve });
      if (!running) void run();
    });
}

function journalWriter(database: Database): (rows: readonly JournalRowInput[]) => Promise<void> {
  const writer = new Writer({
    repository: new JournalRepository(database),
    outbox: { addFeature: () => undefined, accept: () => Promise.reject(new Error('SQL is there')) },
    storage: databaseWatch(database),
    isErased: () => false,
    clock: systemClock,
    logger: silentLogger,
    onRecorded: () => undefined,
    onSettled: () => undefined,
  });
  return async (rows) => {
    await Promise.all(rows.map((row) => writer.record(row)));
  };
}

export const journalWrite: Bench = {
  name: 'journal-write',
  about: 'Calls ending, two entries each: entries per second, against bare batched inserts into the same table of the same file.',
  async run({ large, rounds }) {
    const seconds = large ? 60 : 8;
    const folder = mkdtempSync(join(tmpdir(), 'ucmesh-bench-'));
    const config = databaseConfigSchema.parse({ engine: 'sqlite', file: join(folder, 'journal.db') });
    const procedures = [journalProcedures, bareProcedures];
    const database = await openDatabase({ config, procedures, clock: systemClock, logger: silentLogger });
    try {
      await migrate(database, { appliedAt: Date.now() });
      const [bare, journal] = [bareWriter(database), journalWriter(database)];
      // The first batches compile the statements.
      for (const write of [bare, journal]) await endCalls(1, write);
      const { figures, floor } = await inTurn(rounds, async (kind) => ({
        entriesPerSecond: await endCalls(seconds, kind === 'floor' ? bare : journal),
      }));
      const targets = [atLeast('entriesPerSecond / floor', ratio(figures, floor, 'entriesPerSecond'), 0.5)];
      return { bench: this.name, figures, floor, targets };
    } finally {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
