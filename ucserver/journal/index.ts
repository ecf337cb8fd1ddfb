import { Gauge, type Registry } from 'prom-client';
import { incarnationId, type UserId } from '#shared/ids.ts';
import { journalRecorded } from '#shared/mesh/contracts/journal.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { JournalEntry } from '#shared/protocol/journal.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Database } from '#ucserver/database/index.ts';
import { type Dispatcher, fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import { databaseWatch, type OutboxPort } from '#ucserver/outbox/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import { Cleaner } from './cleaner.ts';
import type { JournalConfig } from './config.ts';
import { registerJournalMethods } from './methods.ts';
import { Notifier } from './notifier.ts';
import type { JournalWriter } from './port.ts';
import { JournalRepository } from './repository.ts';
import { JournalService } from './service.ts';
import { UnreadCounts } from './unread-counts.ts';
import { Writer } from './writer.ts';

export { type JournalConfig, journalConfigSchema } from './config.ts';
export type { JournalRow, JournalRowInput } from './journal-row.ts';
export { eraseCalls, exportCalls } from './person.ts';
export type { JournalWriter } from './port.ts';
export { journalProcedures } from './procedures.ts';
export { JournalRepository } from './repository.ts';
export { journalDaysSetting } from './settings.ts';

export interface JournalDependencies {
  readonly database: Database;
  /** Takes rows while SQL cannot. */
  readonly outbox: OutboxPort;
  readonly mesh: Mesh;
  readonly ownership: Pick<Ownership, 'owns' | 'ownerOf'>;
  readonly sessions: SessionTable;
  readonly dispatcher: Pick<Dispatcher, 'register'>;
  /** Whether what was stored of a person was erased, from memory. */
  readonly isErased: (userId: UserId) => boolean;
  /** Days that calls are kept; 0: for ever. */
  readonly days: () => number;
  readonly config: JournalConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Journal extends JournalWriter {
  start(): void;
  /** Waits until what was recorded cannot be lost any more. */
  stop(): Promise<void>;
}

/** So that deleting old calls takes a small share of what SQL can do. */
const restBetweenStepsMs = 50;

/** @returns the journal on this server; `start` before the mesh opens, `stop` before the outbox and the database close. */
export function createJournal(dependencies: JournalDependencies): Journal {
  const { database, outbox, mesh, ownership, sessions, dispatcher, config, clock, registry } = dependencies;
  const logger = dependencies.logger.child({ part: 'journal' });
  const repository = new JournalRepository(database);
  const storage = databaseWatch(database);
  const unread = new UnreadCounts({ repository, outbox, storage, sessions, clock, logger });
  const notifier = new Notifier({ mesh, ownership, here: tell });
  const writer = new Writer({
    ...{ repository, outbox, storage, isErased: dependencies.isErased, clock, logger },
    onRecorded: (rows) => notifier.recorded(rows),
    onSettled: (userIds) => {
      for (const userId of userIds) unread.changed(userId);
    },
  });
  const cleaner = new Cleaner({
    ...{ repository, days: dependencies.days, everyMs: config.retentionEveryMs, restMs: restBetweenStepsMs, clock, logger },
    holder: () => incarnationId(mesh.self),
  });
  registerJournalMethods(dispatcher, new JournalService({ repository, outbox, unread, sessions, clock }));
  new Gauge({
    name: 'ucmesh_journal_unsafe',
    help: 'Calls that neither the database nor the spool of this server holds yet.',
    registers: [registry],
    collect() {
      this.set(writer.waiting);
    },
  });

  /** To all devices of a person, which are on this server. */
  function tell(userId: UserId, entry: string): void {
    if (!sessions.has(userId)) return;
    const told = fragment('journal.entry', JSON.parse(entry) as JournalEntry);
    for (const session of sessions.ofUser(userId)) session.push(told);
    unread.changed(userId);
  }

  const stops: (() => void)[] = [];
  return {
    record: (row) => writer.record(row),
    start() {
      stops.push(
        mesh.on(journalRecorded, ({ told }) => {
          for (const { userId, entry } of told) tell(userId, entry);
        }),
      );
      unread.start();
      cleaner.start();
    },
    async stop() {
      await writer.stop();
      for (const stop of stops.splice(0)) stop();
      await Promise.all([unread.stop(), cleaner.stop()]);
    },
  };
}
