import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { ServerId, UserId } from '#shared/ids.ts';
import type { Keys } from '#shared/redis/keys.ts';
import type { RecordSigner } from '#shared/redis/records.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { ActResults } from '#ucserver/gateway/index.ts';
import { Acts } from './acts.ts';
import { Assertion } from './assertion.ts';
import type { OwnershipConfig } from './config.ts';
import { Movement } from './movement.ts';
import type { Ownership } from './port.ts';
import { addReaper } from './reaper.ts';
import { Ownings } from './service.ts';
import { OwnerStore } from './store.ts';
import { subscribe } from './subscriber.ts';

export { type OwnershipConfig, ownershipConfigSchema } from './config.ts';
export { sameIncarnation } from './incarnation.ts';
export { Listeners } from './listeners.ts';
export type * from './port.ts';

export interface OwnershipDependencies {
  readonly cluster: Cluster;
  readonly signer: RecordSigner;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: OwnershipConfig;
  /** The server the administrator assigned to a user. */
  readonly homeOf: (userId: UserId) => ServerId | undefined;
}

const sweepEveryMs = 30_000;

/** @returns the ownership of users on this server; `start` before the mesh opens, `stop` after the last session is gone. */
export function createOwnership(dependencies: OwnershipDependencies): Ownership & { start(): void; stop(): void } {
  const { cluster, signer, keys, clock, config, homeOf } = dependencies;
  const logger = dependencies.logger.child({ part: 'ownership' });
  const store = new OwnerStore({ redis: cluster.redis, signer, keys });
  const ownings = new Ownings({ cluster, store, clock, logger });
  const movement = new Movement({ cluster, ownings, config, clock, logger });
  const assertion = new Assertion({ cluster, ownings, store, config, clock, logger });
  const results = new ActResults(clock);
  const acts = new Acts({
    ...{ cluster, results, ownership: ownings, homeOf, logger, settled: (userId) => ownings.settled(userId) },
    learn: (userId, { incarnation, term }) => ownings.learn(userId, incarnation, term),
  });
  const stops: (() => void)[] = [];
  return {
    get self() {
      return cluster.self;
    },
    ownerOf: (userId) => ownings.ownerOf(userId),
    owns: (userId) => ownings.owns(userId),
    termOf: (userId) => ownings.termOf(userId),
    owned: () => ownings.owned(),
    ownedBy: (incarnation) => ownings.map.ofOwner(incarnation),
    nextVersion: (userId) => ownings.nextVersion(userId),
    take: (userId, saw) => ownings.take(userId, saw),
    release: (userId) => ownings.release(userId),
    offer: (userIds, to) => movement.offer(userIds, to),
    ask: (userId) => movement.ask(userId),
    acceptOffers: (decide) => movement.acceptOffers(decide),
    onOwnerDied: (listener) => ownings.died.add(listener),
    onChange: (listener) => ownings.changes.add(listener),
    onTaken: (listener) => ownings.taken.add(listener),
    onLost: (listener) => ownings.lost.add(listener),
    beforeRelease: (listener) => ownings.beforeRelease(listener),
    addHandOver: (name, part) => ownings.parts.add(name, part),
    act: (userId, contract, params, correlationId) => acts.act(userId, contract, params, correlationId),
    handleAct: (contract, handler) => acts.handle(contract, handler),
    start() {
      const sweep = clock.every(sweepEveryMs, () => movement.sweep());
      const export_ = (userId: UserId) => results.handOver(userId);
      const stopResults = ownings.parts.add('acts', {
        export: export_,
        import: (userId, part) => results.takeOver(userId, part),
      });
      stops.push(movement.start(), assertion.start(), addReaper(cluster, store), stopResults, () => sweep.stop());
      stops.push(subscribe({ cluster, ownings, config, clock }));
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}
