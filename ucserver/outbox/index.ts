import { join } from 'node:path';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Members } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, incarnationId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Health } from '#shared/runtime/health.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { OutboxConfig } from './config.ts';
import { Drain } from './drain.ts';
import type { Line, OutboxItem } from './item.ts';
import { Outbox } from './outbox.ts';
import type { PendingStore } from './pending-store.ts';
import type { Accepted, OutboxFeature, RedisWatch, Settled, StorageWatch } from './port.ts';
import { Spool } from './spool.ts';
import type { SpoolDisk } from './spool-disk.ts';
import { Upkeep } from './upkeep.ts';

export { type OutboxConfig, outboxConfigSchema } from './config.ts';
export { type Line, lineOf, type OutboxItem } from './item.ts';
export type { PendingStore } from './pending-store.ts';
export type { Accepted, OutboxFeature, RedisWatch, Settled, StorageWatch } from './port.ts';
export { Spool } from './spool.ts';
export { folderDisk, type SpoolDisk, type SpoolFile } from './spool-disk.ts';
export { RedisPendingStore } from './store.ts';
export { databaseWatch, redisWatch } from './watches.ts';

export interface OutboxDependencies {
  readonly disk: SpoolDisk;
  readonly store: PendingStore;
  readonly redis: RedisWatch;
  readonly storage: StorageWatch;
  readonly self: () => Incarnation;
  readonly members: Pick<Members, 'all'>;
  readonly config: OutboxConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly registry: Registry;
}

/** What features need of the outbox. */
export interface OutboxPort {
  addFeature(kind: string, feature: OutboxFeature): void;
  carries(line: Line): boolean;
  accept(item: Omit<OutboxItem, 'place'>, seen: number): Promise<Accepted>;
  /** Another server says that these are pending. */
  learn(items: readonly OutboxItem[]): void;
  /** Another server says that SQL holds the items of these names; what else they say is as it was when they became pending. */
  settle(settled: readonly Settled[]): void;
  /** A pending item by its name. */
  find(name: Pick<OutboxItem, 'kind' | 'key' | 'id'>): OutboxItem | undefined;
  /** Pending items of a line, in order. */
  pendingOf(line: Line): OutboxItem[];
  /** Lines of which something is pending. */
  lines(): Iterable<Line>;
  /** Reads what is pending in Redis; when that is away, what is known stays what it is. Never rejects. */
  look(): Promise<void>;
  /** Reads whether nothing is pending on any server; `false` also when that cannot be read. Never rejects. */
  isEmpty(): Promise<boolean>;
}

export interface RunningOutbox extends OutboxPort {
  start(): void;
  /** What is pending stays in spool and Redis. */
  stop(): Promise<void>;
}

/** Where the spool of a server stands. */
export function spoolFolder(dataFolder: string): string {
  return join(dataFolder, 'outbox');
}

/** After Redis may have lost something, the drain waits this long at most for servers that do not say that they added theirs. */
const othersWithinMs = 5_000;
const reportEveryMs = 1_000;

/**
 * Opens the spool and makes the outbox of this server; add the features, then `start` it.
 *
 * @throws Error when the spool cannot be read: what is in it was promised, so a server does not start without it.
 */
export async function createOutbox(dependencies: OutboxDependencies): Promise<RunningOutbox> {
  const { disk, store, redis, storage, self, members, config, clock, health, registry } = dependencies;
  const logger = dependencies.logger.child({ part: 'outbox' });
  const spool = await Spool.open({ disk, logger });
  if (spool.size > 0) logger.info('the spool holds what the database was not seen to have', { items: spool.size });
  const outbox: Outbox = new Outbox({ spool, store, clock, logger, onPending: () => drain.kick() });
  const drained = new Counter({
    name: 'ucmesh_outbox_drained_total',
    help: 'Pending items that this server brought into the database.',
    registers: [registry],
  });
  let sinceBackMs = clock.monotonicMs();
  const drain: Drain = new Drain({
    ...{ outbox, store, redis, storage, everybodyAdded, batch: config.drainBatch, pauseMs: config.drainPauseMs, clock, logger },
    holder: () => incarnationId(self()),
    onDrained: (items) => drained.inc(items),
  });
  const upkeep = new Upkeep({
    outbox,
    spool,
    store,
    redis,
    storage,
    clock,
    logger,
    onAdded: sayAdded,
    drain: () => drain.kick(),
  });
  registerGauges(registry, outbox, spool, clock);
  const reporter = health.register('outbox');
  reporter.up();

  let said: string | undefined;
  const proofOf = (incarnation: Incarnation) => `${incarnationId(incarnation)} ${redis.runId ?? ''}`;

  async function sayAdded(): Promise<void> {
    const proof = proofOf(self());
    if (said === proof) return;
    await store.spoolAdded(self().serverId, proof);
    said = proof;
  }

  async function everybodyAdded(): Promise<boolean> {
    if (clock.monotonicMs() - sinceBackMs > othersWithinMs) return true;
    const proofs = await store.spoolsAdded();
    return members.all().every(({ incarnation }) => proofs[incarnation.serverId] === proofOf(incarnation));
  }

  function report(): void {
    const { size } = outbox.known;
    if (size === 0) reporter.up();
    else reporter.away(`${size} waiting for the database, the oldest for ${Math.round(oldestMs(outbox, clock) / 1_000)} s`);
  }

  const stops: (() => void)[] = [];
  return {
    addFeature: (kind, feature) => outbox.addFeature(kind, feature),
    carries: (line) => outbox.carries(line),
    accept: (item, seen) => outbox.accept(item, seen),
    learn: (items) => outbox.learn(items),
    settle: (settled) => outbox.settle(settled, false),
    find: (name) => outbox.known.find(name),
    pendingOf: (line) => outbox.known.pendingOf(line),
    lines: () => outbox.known.lines(),
    async isEmpty() {
      // Asked before it is read: what Redis has lost stands in the spools, and the servers add it again.
      const isWhole = redis.isUp && (await everybodyAdded().catch(() => false));
      return (
        isWhole &&
        (await upkeep.look().then(
          () => outbox.known.size === 0,
          () => false,
        ))
      );
    },
    look: () => upkeep.look().catch((error: unknown) => logger.debug('What is pending could not be read', { error })),
    start() {
      const timer = clock.every(reportEveryMs, report);
      const onBack = () => {
        sinceBackMs = clock.monotonicMs();
        said = undefined;
      };
      stops.push(() => timer.stop(), redis.onBack(onBack));
      upkeep.start();
    },
    async stop() {
      for (const stop of stops.splice(0)) stop();
      await upkeep.stop();
      await drain.stop();
      await spool.tidy().catch((error: unknown) => logger.warn('The spool could not be tidied', { error }));
      await spool.close();
    },
  };
}

function oldestMs(outbox: Outbox, clock: Clock): number {
  const nowMs = clock.monotonicMs();
  return nowMs - (outbox.known.oldestSinceMs() ?? nowMs);
}

function registerGauges(registry: Registry, outbox: Outbox, spool: Spool, clock: Clock): void {
  new Gauge({
    name: 'ucmesh_outbox_pending',
    help: 'Items of all servers that wait for the database, as far as this server knows.',
    registers: [registry],
    collect() {
      this.set(outbox.known.size);
    },
  });
  new Gauge({
    name: 'ucmesh_outbox_oldest_seconds',
    help: 'How long the oldest of them has been waiting.',
    registers: [registry],
    collect() {
      this.set(oldestMs(outbox, clock) / 1_000);
    },
  });
  new Gauge({
    name: 'ucmesh_outbox_spooled',
    help: 'Items in the spool of this server.',
    registers: [registry],
    collect() {
      this.set(spool.size);
    },
  });
}
