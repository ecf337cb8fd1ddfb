import { type Incarnation, type IncarnationId, incarnationId, type UserId } from '#shared/ids.ts';
import type { DeviceBinding, DeviceRecord } from '#shared/mesh/contracts/phones.ts';
import type { Unsubscribe } from '#shared/mesh/mesh-port.ts';
import { type KeysDigest, VersionedKeys } from '#shared/mesh/versioned-keys.ts';

/** Where a device is reached, and over whose edge. */
export interface DeviceLocation extends DeviceRecord {
  /** The server whose edge the device is connected to. */
  readonly host: Incarnation;
  /** The host is dead: what is left are its UDP bindings, each of which may be tried once, directly. */
  readonly isOrphaned: boolean;
}

export interface LocationChange {
  readonly deviceId: string;
  readonly userId: UserId;
  readonly host: Incarnation;
  /** Undefined: the device is not at this host any more. */
  readonly location: DeviceLocation | undefined;
}

/** Where the edge of a server listens, as others reach it. */
export interface SipListener {
  readonly protocol: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  readonly host: string;
  readonly port: number;
}

/** How other servers pass calls to the edge of a server. */
export interface EdgeAddress extends SipListener {
  readonly protocol: 'udp' | 'tcp' | 'tls';
}

/** Where the devices of all servers are. All reading is from memory and goes on without Redis and SQL. */
export interface Locations {
  /**
   * Where the devices of a user are reached, over all servers. A device may be at two servers (two flows of RFC 5626); a binding
   * that a newer one of the same device has replaced is left out.
   */
  locationsOf(userId: UserId): readonly DeviceLocation[];
  onChange(listener: (change: LocationChange) => void): Unsubscribe;
  /** Undefined while this server is not known as living, or has no phones. */
  edgeOf(incarnation: Incarnation): EdgeAddress | undefined;
}

interface Host {
  readonly incarnation: Incarnation;
  readonly devices: Map<string, DeviceLocation>;
  readonly versions: VersionedKeys<string>;
  /** Devices that have gone, so that an older page of a re-sync does not bring them back. */
  readonly gone: Map<string, number>;
}

/** Which devices are at which servers, as each server tells of itself. The same on all servers when they have heard the same. */
export class LocationMap {
  readonly #hosts = new Map<IncarnationId, Host>();
  readonly #users = new Map<UserId, Set<DeviceLocation>>();

  /** @returns what changed; `undefined` when the record is not newer than what is known of this device and host. */
  apply(incarnation: Incarnation, record: DeviceRecord): LocationChange | undefined {
    const host = this.#host(incarnation);
    const { deviceId, version, userId } = record;
    const known = host.devices.get(deviceId);
    if (version <= Math.max(known?.version ?? -1, host.gone.get(deviceId) ?? -1)) return undefined;
    this.#unlist(known);
    const location = record.bindings.length === 0 ? undefined : { ...record, host: incarnation, isOrphaned: false };
    if (location === undefined) {
      host.devices.delete(deviceId);
      host.versions.delete(deviceId);
      host.gone.set(deviceId, version);
      if (known === undefined) return undefined;
    } else {
      host.gone.delete(deviceId);
      host.versions.set(deviceId, version);
      this.#list(host, location);
    }
    return { deviceId, userId, host: incarnation, location };
  }

  /** The host has not named these devices. */
  drop(incarnation: Incarnation, deviceIds: Iterable<string>): LocationChange[] {
    const host = this.#hosts.get(incarnationId(incarnation));
    return [...deviceIds].flatMap((deviceId) => {
      const known = host?.devices.get(deviceId);
      if (host === undefined || known === undefined) return [];
      host.devices.delete(deviceId);
      host.versions.delete(deviceId);
      this.#unlist(known);
      return [{ deviceId, userId: known.userId, host: incarnation, location: undefined }];
    });
  }

  /** The host is dead. Its UDP bindings stay, marked; connections have ended with it. */
  orphan(incarnation: Incarnation): LocationChange[] {
    const host = this.#hosts.get(incarnationId(incarnation));
    return [...(host?.devices.values() ?? [])].flatMap((known) => {
      const bindings = known.bindings.filter(({ protocol }) => protocol === 'udp');
      const changes = this.drop(incarnation, [known.deviceId]);
      if (host === undefined || bindings.length === 0) return changes;
      const location = { ...known, bindings, isOrphaned: true };
      this.#list(host, location);
      return [{ deviceId: known.deviceId, userId: known.userId, host: incarnation, location }];
    });
  }

  /** Forgets a host altogether. */
  forget(incarnation: Incarnation): LocationChange[] {
    const host = this.#hosts.get(incarnationId(incarnation));
    const changes = this.drop(incarnation, [...(host?.devices.keys() ?? [])]);
    this.#hosts.delete(incarnationId(incarnation));
    return changes;
  }

  /** See {@link Locations.locationsOf}. */
  locationsOf(userId: UserId): readonly DeviceLocation[] {
    return inForce([...(this.#users.get(userId) ?? [])]);
  }

  at(incarnation: Incarnation, deviceId: string): DeviceLocation | undefined {
    return this.#hosts.get(incarnationId(incarnation))?.devices.get(deviceId);
  }

  /** What is known of one host: device → version. */
  versionsOf(incarnation: Incarnation): Iterable<readonly [string, number]> {
    return this.#hosts.get(incarnationId(incarnation))?.versions.entries() ?? [];
  }

  /** A re-sync with this host begins: what has gone before cannot come back in its pages. */
  forgetGone(incarnation: Incarnation): void {
    this.#hosts.get(incarnationId(incarnation))?.gone.clear();
  }

  /** Equal on two servers when they hold the same of this host. */
  digest(incarnation: Incarnation): KeysDigest {
    return this.#hosts.get(incarnationId(incarnation))?.versions.digest() ?? { count: 0, hash: 0 };
  }

  page(incarnation: Incarnation, after: string | undefined, limit: number): { items: DeviceRecord[]; next: string | undefined } {
    const host = this.#hosts.get(incarnationId(incarnation));
    if (host === undefined) return { items: [], next: undefined };
    const { keys, next } = host.versions.page(after, limit);
    return { items: keys.flatMap((deviceId) => recordOf(host.devices.get(deviceId))), next };
  }

  #host(incarnation: Incarnation): Host {
    const id = incarnationId(incarnation);
    const host = this.#hosts.get(id) ?? { incarnation, devices: new Map(), versions: new VersionedKeys(), gone: new Map() };
    this.#hosts.set(id, host);
    return host;
  }

  #list(host: Host, location: DeviceLocation): void {
    host.devices.set(location.deviceId, location);
    const listed = this.#users.get(location.userId) ?? new Set();
    this.#users.set(location.userId, listed.add(location));
  }

  #unlist(location: DeviceLocation | undefined): void {
    if (location === undefined) return;
    const listed = this.#users.get(location.userId);
    listed?.delete(location);
    if (listed?.size === 0) this.#users.delete(location.userId);
  }
}

function recordOf(location: DeviceLocation | undefined): DeviceRecord[] {
  if (location === undefined) return [];
  const { deviceId, userId, version, bindings } = location;
  return [{ deviceId, userId, version, bindings }];
}

/** Whether a newer binding of a device stands for this one: the same flow, or two without flows, since such a device is in one place. */
export function replaces(newer: Pick<DeviceBinding, 'flow'>, { flow }: Pick<DeviceBinding, 'flow'>): boolean {
  return newer.flow?.instance === flow?.instance && newer.flow?.regId === flow?.regId;
}

/** Orders locations of a device: by version, then server, then life; the newest first. */
function newestFirst(a: DeviceLocation, b: DeviceLocation): number {
  if (a.version !== b.version) return b.version - a.version;
  if (a.host.serverId !== b.host.serverId) return a.host.serverId < b.host.serverId ? 1 : -1;
  return b.host.life - a.host.life;
}

/** Without what newer locations of the same device have replaced. */
function inForce(locations: DeviceLocation[]): readonly DeviceLocation[] {
  const result: DeviceLocation[] = [];
  for (const location of locations.sort(newestFirst)) {
    const newer = result.filter(({ deviceId }) => deviceId === location.deviceId).flatMap(({ bindings }) => bindings);
    const bindings = location.bindings.filter((binding) => !newer.some((each) => replaces(each, binding)));
    if (bindings.length === location.bindings.length) result.push(location);
    else if (bindings.length > 0) result.push({ ...location, bindings });
  }
  return result;
}
