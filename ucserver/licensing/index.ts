import { Gauge, type Registry } from 'prom-client';
import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { incarnationId, type UserId, userIdSchema } from '#shared/ids.ts';
import { recallSeats } from '#shared/mesh/contracts/licensing.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Database, Replica } from '#ucserver/database/index.ts';
import { fragment, type SessionTable } from '#ucserver/gateway/index.ts';
import type { Ownership } from '#ucserver/ownership/index.ts';
import type { LicensingConfig } from './config.ts';
import { LicenceInForce } from './licence-in-force.ts';
import { Recall } from './recall.ts';
import { LicensingRepository } from './repository.ts';
import { SeatPool } from './seat-pool.ts';
import { SeatBoard } from './store.ts';

export { type LicensingConfig, licensingConfigSchema } from './config.ts';
export {
  issueLicence,
  type Licence,
  LicenceRefused,
  type LicensedFeature,
  licenceState,
  licensedFeatures,
  newIssuerKey,
  readLicence,
  seatsOf,
} from './licence.ts';
export { installedLicence, licensingProcedures } from './procedures.ts';
export { LicensingRepository } from './repository.ts';
export { SeatPool, type SeatPoolOptions } from './seat-pool.ts';

/** Seats of one feature, as others use them. */
export interface Seats {
  /** Gives a seat to a name; one that has a seat keeps it. @throws UCError `LICENCE_EXHAUSTED` */
  take(name: string): Promise<void>;
  /** The name uses its seat no more. */
  leave(name: string): void;
}

export interface LicensingDependencies {
  readonly cluster: Cluster;
  readonly database: Database;
  readonly replica: Pick<Replica, 'items' | 'refresh'>;
  readonly sessions: SessionTable;
  readonly ownership: Pick<Ownership, 'onChange'>;
  readonly signer: RecordSigner;
  readonly keys: Keys;
  readonly config: LicensingConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Licensing {
  /** Named by users. */
  readonly onlineUsers: Seats;
  /** Named by calls. Emergency calls need none. */
  readonly softphoneCalls: Seats;
  start(): void;
  stop(): Promise<void>;
}

const publishEveryMs = 1_000;

/** @returns the company's licence on this server; `start` after the mesh can be asked, `stop` before the database closes. */
export function createLicensing(dependencies: LicensingDependencies): Licensing {
  const { cluster, database, replica, sessions, ownership, signer, keys, config, clock, registry } = dependencies;
  const logger = dependencies.logger.child({ part: 'licensing' });
  const { members, mesh } = cluster;
  const repository = new LicensingRepository(database);
  const licence = new LicenceInForce({ replica, issuer: config.issuer, clock, logger });
  const board = new SeatBoard({ redis: cluster.redis, signer, keys });
  const recall = new Recall({ mesh, board, logger });
  const base = {
    ...{ repository, clock, logger, self: () => cluster.self, refresh: () => replica.refresh() },
    serverCount: () => members.all().length,
    isGone: (incarnation: Parameters<typeof members.isBuried>[0]) => members.isBuried(incarnation),
  };
  const users = new SeatPool({
    ...base,
    feature: 'onlineUsers',
    limit: () => licence.limit('onlineUsers'),
    recall: (seats) => recall.ask('onlineUsers', seats),
    onUncovered: (names) => names.forEach((name) => void endSessions(userIdSchema.parse(name))),
    onEnding: (at) => {
      const told = fragment('licensing.ending', { feature: 'onlineUsers', at });
      for (const session of sessions.all()) session.push(told, 'licensing.ending');
    },
  });
  const calls = new SeatPool({
    ...base,
    feature: 'softphoneCalls',
    limit: () => licence.limit('softphoneCalls'),
    recall: (seats) => recall.ask('softphoneCalls', seats),
    // Calls that run are let finish.
    onUncovered: () => undefined,
    onEnding: () => undefined,
  });
  const pools = { onlineUsers: users, softphoneCalls: calls } as const;
  createMetrics(registry, pools);

  function endSessions(userId: UserId): void {
    for (const session of sessions.ofUser(userId)) session.end('busy', fragment('session.ended', { reason: 'licenceEnded' }));
  }

  /** Sessions also come from other servers, with people who are taken over. */
  function cover(userId: UserId): void {
    users.take(userId).catch((error: unknown) => {
      logger.warn('A session has no licence', { userId, error });
      endSessions(userId);
    });
  }

  const stops: Unsubscribe[] = [];
  const timers: Timer[] = [];
  return {
    onlineUsers: users,
    softphoneCalls: calls,
    start() {
      sessions.onOpened(({ userId }, firstOfUser) => firstOfUser && cover(userId));
      sessions.onClosed(({ userId }, lastOfUser) => lastOfUser && users.leave(userId));
      licence.onChange(() => {
        for (const userId of sessions.users()) cover(userId);
      });
      stops.push(
        mesh.handle(recallSeats, async ({ feature, seats }) => {
          const pool = feature === 'onlineUsers' || feature === 'softphoneCalls' ? pools[feature] : undefined;
          return { given: (await pool?.giveBack(seats)) ?? 0 };
        }),
        ownership.onChange(({ userId, owner }) => {
          if (owner !== undefined && owner.incarnation.serverId !== cluster.self.serverId) users.abandon(userId);
        }),
        cluster.onRebirth(() => Object.values(pools).forEach((pool) => void pool.reborn())),
        cluster.addLostStep('licence-seats', async (lost) => board.remove(lost)),
      );
      timers.push(
        clock.every(publishEveryMs, () => {
          licence.look();
          const held = { onlineUsers: users.held, softphoneCalls: calls.held };
          if (!licence.isLimited) return;
          board.publish(cluster.self, held).catch((error: unknown) => logger.debug('Seats were not told in Redis', { error }));
        }),
      );
      for (const pool of Object.values(pools)) pool.start();
      logger.info('The licence in force', { licence: licence.describe(), server: incarnationId(cluster.self) });
    },
    async stop() {
      for (const timer of timers) timer.stop();
      for (const stop of stops) stop();
      await Promise.all(Object.values(pools).map((pool) => pool.stop()));
    },
  };
}

function createMetrics(registry: Registry, pools: Readonly<Record<string, SeatPool>>): void {
  new Gauge({
    name: 'ucmesh_licence_seats',
    help: 'Licensed seats that this server holds and that are in use here.',
    labelNames: ['feature', 'state'],
    registers: [registry],
    collect() {
      for (const [feature, { held }] of Object.entries(pools)) {
        this.set({ feature, state: 'held' }, held.seats);
        this.set({ feature, state: 'in use' }, held.inUse);
      }
    },
  });
}
