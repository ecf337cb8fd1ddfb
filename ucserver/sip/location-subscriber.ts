import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { type Incarnation, incarnationId } from '#shared/ids.ts';
import { type DeviceRecord, deviceRecordSchema, locationChanges, locationDigest } from '#shared/mesh/contracts/phones.ts';
import type { ResyncSection, Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { RollCall } from '#shared/mesh/roll-call.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { ServerLocations } from './locations.ts';

export interface SubscriberOptions {
  readonly cluster: Cluster;
  readonly locations: ServerLocations;
  readonly clock: Clock;
  readonly digestEveryMs: number;
}

/** Keeps the location map equal on all servers: changes as they happen, digests, and everything after a gap. */
export function subscribe({ cluster, locations, clock, digestEveryMs }: SubscriberOptions): Unsubscribe {
  const { mesh, members } = cluster;
  const stops = [
    mesh.on(locationChanges, ({ changes }, from) => {
      for (const change of changes) locations.receive(from, change);
    }),
    mesh.on(locationDigest, (digest, from) => {
      const own = locations.map.digest(from);
      if (own.count !== digest.count || own.hash !== digest.hash) void mesh.resync(from.serverId);
    }),
    mesh.addResync(new LocationsSection(cluster, locations)),
    members.onLost((incarnation) => {
      if (incarnationId(incarnation) !== incarnationId(cluster.self)) locations.lost(incarnation);
    }),
  ];
  const digests = clock.every(digestEveryMs, () => mesh.broadcast(locationDigest, locations.map.digest(cluster.self)));
  return () => {
    digests.stop();
    for (const stop of stops) stop();
  };
}

/** Each server tells what is at its own edge. */
class LocationsSection implements ResyncSection<DeviceRecord> {
  readonly name = 'locations';
  readonly item = deviceRecordSchema;
  readonly #cluster: Cluster;
  readonly #locations: ServerLocations;
  readonly #rollCall = new RollCall<string>();

  constructor(cluster: Cluster, locations: ServerLocations) {
    this.#cluster = cluster;
    this.#locations = locations;
  }

  page(_asker: Incarnation, after: string | undefined, limit: number) {
    return this.#locations.map.page(this.#cluster.self, after, limit);
  }

  begin(peer: Incarnation): void {
    const { map } = this.#locations;
    map.forgetGone(peer);
    this.#rollCall.begin(peer, map.versionsOf(peer));
  }

  apply(items: readonly DeviceRecord[], peer: Incarnation): void {
    for (const item of items) {
      this.#rollCall.named(peer, item.deviceId);
      this.#locations.receive(peer, item);
    }
  }

  end(peer: Incarnation): void {
    const { map } = this.#locations;
    const gone = this.#rollCall.end(peer, (deviceId) => map.at(peer, deviceId)?.version);
    this.#locations.changed(map.drop(peer, gone));
  }
}
