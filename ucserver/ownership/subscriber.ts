import type { Cluster } from '#shared/cluster/cluster-port.ts';
import type { Incarnation, UserId } from '#shared/ids.ts';
import { type OwnerChangeRecord, ownerChangeSchema, ownerChanges, ownerDigest } from '#shared/mesh/contracts/ownership.ts';
import type { ResyncSection, Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { RollCall } from '#shared/mesh/roll-call.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { OwnershipConfig } from './config.ts';
import { sameIncarnation } from './incarnation.ts';
import { compareVersions } from './owner-map.ts';
import type { Ownings } from './service.ts';

export interface SubscriberOptions {
  readonly cluster: Cluster;
  readonly ownings: Ownings;
  readonly config: OwnershipConfig;
  readonly clock: Clock;
}

/** Keeps the owner map equal on all servers: changes as they happen, digests, and everything after a gap. */
export function subscribe({ cluster, ownings, config, clock }: SubscriberOptions): Unsubscribe {
  const { mesh, members } = cluster;
  const stops = [
    mesh.on(ownerChanges, ({ changes }) => {
      for (const change of changes) ownings.receive(change);
    }),
    mesh.on(ownerDigest, (digest, from) => {
      const own = ownings.map.digest(from);
      if (own.users !== digest.users || own.hash !== digest.hash) void mesh.resync(from.serverId);
    }),
    mesh.addResync(new OwnersSection(cluster, ownings)),
    members.onLost((incarnation) => {
      if (sameIncarnation(incarnation, cluster.self)) return;
      const users = ownings.drop(incarnation);
      if (users.length > 0) ownings.died.call(users, incarnation);
    }),
  ];
  const digests = clock.every(config.digestEveryMs, () => mesh.broadcast(ownerDigest, ownings.map.digest(cluster.self)));
  return () => {
    digests.stop();
    for (const stop of stops) stop();
  };
}

/** Each server tells what it owns itself. */
class OwnersSection implements ResyncSection<OwnerChangeRecord> {
  readonly name = 'owners';
  readonly item = ownerChangeSchema;
  readonly #cluster: Cluster;
  readonly #ownings: Ownings;
  readonly #rollCall = new RollCall<UserId>();

  constructor(cluster: Cluster, ownings: Ownings) {
    this.#cluster = cluster;
    this.#ownings = ownings;
  }

  page(_asker: Incarnation, after: string | undefined, limit: number) {
    return this.#ownings.map.page(this.#cluster.self, after, limit);
  }

  begin(peer: Incarnation): void {
    const held = [...this.#ownings.map.ofOwner(peer)].map(
      (userId) => [userId, this.#ownings.map.known(userId)?.term ?? 0] as const,
    );
    this.#rollCall.begin(peer, held);
  }

  apply(items: readonly OwnerChangeRecord[], peer: Incarnation): void {
    const newer: OwnerChangeRecord[] = [];
    for (const item of items) {
      this.#rollCall.named(peer, item.userId);
      if (!this.#ownings.receive(item)) newer.push(...this.#newerThan(item, peer));
    }
    // The peer has missed that it lost these users.
    if (newer.length > 0) this.#cluster.mesh.send(peer.serverId, ownerChanges, { changes: newer });
  }

  end(peer: Incarnation): void {
    const { map } = this.#ownings;
    this.#ownings.drop(
      peer,
      this.#rollCall.end(peer, (userId) => map.known(userId)?.term),
    );
  }

  #newerThan(item: OwnerChangeRecord, peer: Incarnation): OwnerChangeRecord[] {
    const known = this.#ownings.map.known(item.userId);
    if (!known?.owned || sameIncarnation(known.owner, peer)) return [];
    if (compareVersions(known, { term: item.term, owner: peer }) <= 0) return [];
    return [{ userId: item.userId, term: known.term, owner: known.ownerId, owned: true }];
  }
}
