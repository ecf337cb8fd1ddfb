import type { Cluster } from '#shared/cluster/cluster-port.ts';
import { LifeFile } from '#shared/cluster/life.ts';
import { type Incarnation, incarnationId, type UserId } from '#shared/ids.ts';
import { type DeviceBinding, type DeviceRecord, locationChanges } from '#shared/mesh/contracts/phones.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { RedisUnavailable } from '#shared/redis/redis-error.ts';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { edgeAddress } from './edge-address.ts';
import {
  type DeviceLocation,
  type EdgeAddress,
  type LocationChange,
  LocationMap,
  type Locations,
  replaces,
} from './location-map.ts';
import { subscribe } from './location-subscriber.ts';
import { LocationWriter } from './location-writer.ts';
import type { Binding } from './registrar-state.ts';
import type { LocationStore } from './store.ts';

/** How long UDP bindings of a dead server are kept: by then a living phone has registered elsewhere. */
export const orphansStayMs = 150_000;
const digestEveryMs = 5_000;

export interface ServerLocationsOptions {
  readonly cluster: Cluster;
  readonly store: LocationStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The server's own; says which life was before. */
  readonly dataFolder: string;
  /** How often servers compare what they know, in ms; default: 5,000. */
  readonly digestEveryMs?: number;
}

/**
 * The locations of all servers, and those that this server tells the others: it is the truth about its own edge. What others hold
 * of it follows by events, digests and re-sync.
 */
export class ServerLocations implements Locations {
  readonly map = new LocationMap();
  readonly #options: ServerLocationsOptions;
  readonly #writer: LocationWriter;
  readonly #listeners = new Set<(change: LocationChange) => void>();
  readonly #moved = new Set<(deviceId: string, bindings: readonly DeviceBinding[]) => void>();
  /** When devices registered here last, by the clock of {@link #nowMs}. */
  readonly #heard = new Map<string, number>();
  readonly #orphans = new Set<Timer>();
  readonly #lifeBefore: number;
  #stops: Unsubscribe[] = [];

  /** Before the present life begins. */
  constructor(options: ServerLocationsOptions) {
    this.#options = options;
    this.#lifeBefore = new LifeFile(options.dataFolder).read();
    this.#writer = new LocationWriter({ ...options, map: this.map });
  }

  start(): void {
    const { cluster, clock } = this.#options;
    const everyMs = this.#options.digestEveryMs ?? digestEveryMs;
    this.#stops = [
      subscribe({ cluster, clock, locations: this, digestEveryMs: everyMs }),
      cluster.onRebirth((now, before) => this.#liveOn(now, before)),
      this.#writer.start(),
    ];
  }

  /** What stands in Redis stays for the next life. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    for (const timer of this.#orphans) timer.stop();
    await this.#writer.stop();
  }

  locationsOf(userId: UserId): readonly DeviceLocation[] {
    return this.map.locationsOf(userId);
  }

  onChange(listener: (change: LocationChange) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  edgeOf(incarnation: Incarnation): EdgeAddress | undefined {
    const member = this.#options.cluster.members.get(incarnation.serverId);
    return member?.life === incarnation.life ? edgeAddress(member.sip ?? []) : undefined;
  }

  /** A device has registered at the edge of this server or was forgotten there (no bindings). */
  hold(deviceId: string, userId: UserId, bindings: readonly Binding[]): void {
    const { cluster } = this.#options;
    const nowMs = this.#nowMs();
    const known = this.map.at(cluster.self, deviceId);
    if (bindings.length === 0) this.#heard.delete(deviceId);
    else this.#heard.set(deviceId, nowMs);
    if (known === undefined ? bindings.length > 0 : known.userId !== userId || !sameBindings(known.bindings, bindings))
      this.#tell({ deviceId, userId, version: nowMs, bindings: bindings.map(told) });
  }

  /** Bindings of a device of this server were replaced at another one: the device is not there any more. */
  onMoved(listener: (deviceId: string, bindings: readonly DeviceBinding[]) => void): Unsubscribe {
    this.#moved.add(listener);
    return () => this.#moved.delete(listener);
  }

  /** Another server tells of its own edge. */
  receive(from: Incarnation, record: DeviceRecord): void {
    const { cluster } = this.#options;
    if (incarnationId(from) === incarnationId(cluster.self) || cluster.members.isBuried(from)) return;
    this.changed([this.map.apply(from, record)]);
    const own = this.map.at(cluster.self, record.deviceId);
    const replaced = own?.bindings.filter((binding) => record.bindings.some((each) => replaces(each, binding))) ?? [];
    if (own === undefined || replaced.length === 0 || own.version > record.version) return;
    // It came back here before this server heard that it had gone.
    if ((this.#heard.get(record.deviceId) ?? 0) > record.version) this.#tell({ ...own, version: this.#nowMs() });
    else for (const listener of this.#moved) listener(record.deviceId, replaced);
  }

  /** What the life before this one has left, once. Call it when the present life has begun. Nothing while Redis is away. */
  async left(): Promise<readonly DeviceRecord[]> {
    const { store, cluster, logger } = this.#options;
    if (this.#lifeBefore === 0) return [];
    const before = { serverId: cluster.self.serverId, life: this.#lifeBefore };
    try {
      const records = await store.read(before);
      await store.remove(before);
      return records;
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      logger.info('Where phones were is not known; they register again soon', { error });
      return [];
    }
  }

  /** A server is dead; the next life of this very server does as others do. */
  lost(incarnation: Incarnation): void {
    this.changed(this.map.orphan(incarnation));
    const timer = this.#options.clock.after(orphansStayMs, () => {
      this.#orphans.delete(timer);
      this.changed(this.map.forget(incarnation));
    });
    this.#orphans.add(timer);
  }

  changed(changes: readonly (LocationChange | undefined)[]): void {
    for (const change of changes) if (change !== undefined) for (const listener of this.#listeners) listener(change);
  }

  #tell({ deviceId, userId, version, bindings }: DeviceRecord): void {
    const { cluster } = this.#options;
    const known = this.map.at(cluster.self, deviceId);
    const record = { deviceId, userId, version: Math.max(version, (known?.version ?? 0) + 1), bindings };
    this.changed([this.map.apply(cluster.self, record)]);
    cluster.mesh.broadcast(locationChanges, { changes: [record] });
    this.#writer.write(record.deviceId);
  }

  #liveOn(now: Incarnation, before: Incarnation): void {
    const records = [...this.map.versionsOf(before)].flatMap(([deviceId]) => this.map.at(before, deviceId) ?? []);
    this.changed(this.map.forget(before));
    for (const { deviceId, userId, bindings } of records) this.#tell({ deviceId, userId, version: this.#nowMs(), bindings });
    this.#writer.moved(now, before);
  }

  /** The clock of Redis, which all servers share, unless it is away; in whole ms. */
  #nowMs(): number {
    const { cluster, clock } = this.#options;
    return Math.floor(cluster.redis.state === 'up' ? cluster.redis.timeMs() : clock.wallMs());
  }
}

/** What others need of a binding. */
function told({ contact, flow, path, protocol, source, since, userAgent }: Binding): DeviceBinding {
  return { contact, flow, path: [...path], protocol, source, since, userAgent };
}

function sameBindings(some: readonly DeviceBinding[], others: readonly Binding[]): boolean {
  return some.length === others.length && some.every((binding, at) => sameBinding(binding, others[at]));
}

function sameBinding(one: DeviceBinding, other: Binding | undefined): boolean {
  return (
    other !== undefined &&
    one.contact === other.contact &&
    one.protocol === other.protocol &&
    one.userAgent === other.userAgent &&
    one.source.host === other.source.host &&
    one.source.port === other.source.port &&
    one.path.join() === other.path.join() &&
    replaces(one, other)
  );
}
