import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { actKeptMs } from './acts.ts';
import type { DatabaseConfig } from './config.ts';
import { housekeepingProcedures } from './housekeeping.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open-database.ts';
import type { Database } from './port.ts';
import type { ProcedureSet } from './procedure.ts';
import { Replica } from './replica.ts';
import type { ReplicaPart } from './replica-part.ts';
import { SecretBox } from './secret-box.ts';
import { SnapshotFile } from './snapshot-file.ts';

export interface StorageOptions {
  readonly config: DatabaseConfig;
  /** The sets of all features. */
  readonly procedures: readonly ProcedureSet[];
  /** What all features keep in memory. */
  readonly parts: readonly ReplicaPart<unknown>[];
  /** Folder of this server alone. */
  readonly dataFolder: string;
  readonly mesh: { readonly id: string; readonly password: string };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells the other servers to look at the change feed; may come many times a second. */
  readonly announce: () => void;
  /** Without a snapshot: how long to wait for SQL and for another server that migrates, ms; default one minute. */
  readonly patienceMs?: number | undefined;
}

/** The database and its copy in memory. */
export interface Storage {
  readonly database: Database;
  readonly replica: Replica;
  /** Whether this server started from its snapshot because SQL did not answer. */
  readonly startedFromSnapshot: boolean;
  stop(): Promise<void>;
}

/** With a snapshot at hand a start does not wait longer than this for SQL, ms: what takes longer is away. */
const startPatienceMs = 1_000;
/** Another server may be migrating, so whoever runs already waits longer for it, ms. */
const laterPatienceMs = 3_000;
const firstPatienceMs = 60_000;
const retryMs = 200;
const housekeepingMs = 60_000;
/** Changes are kept for readers that were away this long; after that they read everything anew. */
const changesKeptMs = 7 * 24 * 3_600_000;

/**
 * Opens the database, brings its tables up to date and fills memory, from SQL or, while that is away, from the snapshot on disk;
 * then SQL is caught up with as soon as it answers.
 *
 * @throws UCError STORAGE_UNAVAILABLE when SQL is away and there is no usable snapshot
 */
export async function startStorage(options: StorageOptions): Promise<Storage> {
  const { config, procedures, parts, dataFolder, mesh, clock, logger, announce, patienceMs = firstPatienceMs } = options;
  const snapshotFile = join(dataFolder, 'replica.snapshot');
  // Whoever has a snapshot has had a database: where none is found it is away, and no empty company takes its place.
  const database = await openDatabase({ config, procedures, mayCreate: !existsSync(snapshotFile), clock, logger });
  const box = new SecretBox(mesh.id, mesh.password, 'snapshot');
  const snapshot = new SnapshotFile(snapshotFile, box);
  const replica = new Replica({ database, parts, snapshot, clock, logger, announce });
  const stops: (() => void)[] = [];

  /** The replica reads nothing before the tables are known to be there. */
  async function catchUpOnce(waitMs: number, mustRead: boolean): Promise<void> {
    const { applied, unknown } = await migrate(database, { appliedAt: clock.wallMs(), waitMs, mustRead });
    if (applied.length > 0) logger.info('the database was migrated', { applied });
    if (unknown.length > 0) logger.info('the database was migrated by a newer version', { unknown });
    await replica.refresh();
    replica.follow();
  }

  /** Five servers that start at once keep each other waiting: away is what stays away for all of the time. */
  async function catchUp(waitMs: number, mustRead: boolean): Promise<void> {
    const endMs = clock.monotonicMs() + waitMs;
    for (;;) {
      try {
        return await catchUpOnce(waitMs, mustRead);
      } catch (error) {
        if (!isAway(error) || clock.monotonicMs() >= endMs) throw error;
        await new Promise<void>((resolve) => clock.after(retryMs, resolve));
      }
    }
  }

  let startedFromSnapshot = false;
  try {
    const usable = await replica.loadSnapshot();
    try {
      await catchUp(usable ? startPatienceMs : patienceMs, usable);
    } catch (error) {
      if (!usable || !isAway(error)) throw error;
      startedFromSnapshot = true;
      logger.warn('the database is away: starting from the snapshot on disk', { version: replica.version });
      stops.push(whenBack(database, clock, () => catchUp(laterPatienceMs, true), logger));
    }
  } catch (error) {
    await database.close();
    throw error;
  }
  const housekeeping = clock.every(housekeepingMs, () => {
    const now = clock.wallMs();
    const limits = { actsBefore: now - actKeptMs, changesBefore: now - changesKeptMs };
    database.run(housekeepingProcedures.forget, limits).catch((error: unknown) => {
      if (!isAway(error)) logger.warn('housekeeping failed', { error });
    });
  });
  stops.push(() => housekeeping.stop());
  return {
    database,
    replica,
    startedFromSnapshot,
    async stop() {
      for (const stop of stops) stop();
      await replica.stop();
      await database.close();
    },
  };
}

function isAway(error: unknown): boolean {
  return error instanceof UCError && (error.code === 'STORAGE_UNAVAILABLE' || error.code === 'OUTCOME_UNKNOWN');
}

/** Calls `act` whenever the database seems to be back, until it has succeeded. */
function whenBack(database: Database, clock: Clock, act: () => Promise<void>, logger: Logger): () => void {
  let busy = false;
  const attempt = async () => {
    if (busy || database.health.writes === 'away') return;
    busy = true;
    try {
      await act();
      stop();
    } catch (error) {
      logger.debug('the database is not back yet', { error });
    } finally {
      busy = false;
    }
  };
  const timer = clock.every(1_000, () => void attempt());
  const unlisten = database.onHealth(() => void attempt());
  function stop() {
    timer.stop();
    unlisten();
  }
  return stop;
}
