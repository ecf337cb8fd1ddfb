import { type DeviceId, type Incarnation, incarnationId, type UserId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { DeviceLocation, EdgeAddress, Locations } from '#ucserver/sip/index.ts';
import type { LegTarget, RoutedCall } from './call-routing.ts';
import type { LegWay } from './invited-leg.ts';
import { legHeader, legHeaderFor } from './leg-header.ts';

export interface DeviceLegsOptions {
  readonly locations: Pick<Locations, 'locationsOf' | 'edgeOf'>;
  readonly meshKeys: MeshKeys;
  readonly clock: Clock;
  readonly self: () => Incarnation;
  readonly isLive: (incarnation: Incarnation) => boolean;
}

/** How the devices of people are reached: those of this server directly, those of others over their edges. */
export class DeviceLegs {
  readonly #options: DeviceLegsOptions;

  constructor(options: DeviceLegsOptions) {
    this.#options = options;
  }

  /** One for each device of a person that is registered somewhere. */
  of(userId: UserId, call: RoutedCall): LegTarget[] {
    const byDevice = new Map<string, LegTarget>();
    for (const location of this.#options.locations.locationsOf(userId)) {
      const target = this.#targetOf(location, call);
      if (target === undefined) continue;
      const known = byDevice.get(location.deviceId);
      // A device at two servers is one device: the other way is taken when the first seems gone.
      if (known === undefined) byDevice.set(location.deviceId, target);
      else byDevice.set(location.deviceId, { ...known, ways: [...known.ways, ...target.ways] });
    }
    return [...byDevice.values()];
  }

  /** The way to an edge of another server, for what this server orders there. */
  wayTo(host: Incarnation, call: RoutedCall, target: string): LegWay | undefined {
    const { locations, meshKeys, clock, self } = this.#options;
    const edge = locations.edgeOf(host);
    if (edge === undefined) return undefined;
    const uri = uriOf(target, edge);
    const order = { owner: incarnationId(self()), ...call, target };
    return {
      uri,
      path: [],
      headers: ({ leg, sipCallId, fromTag }) => ({
        [legHeader]: legHeaderFor(meshKeys, { ...order, leg }, { sipCallId, fromTag, requestUri: uri }, clock.wallMs()),
      }),
    };
  }

  #targetOf(location: DeviceLocation, call: RoutedCall): LegTarget | undefined {
    const { self, isLive } = this.#options;
    const { host, isOrphaned, bindings, userId, deviceId } = location;
    const party = { kind: 'device', userId, deviceId: deviceId as DeviceId } as const;
    const isOwn = incarnationId(host) === incarnationId(self());
    if (isOwn || isOrphaned) return { party, host: incarnationId(self()), ways: bindings.map(directWay).reverse() };
    const way = isLive(host) ? this.wayTo(host, call, deviceId) : undefined;
    return way === undefined ? undefined : { party, host: incarnationId(host), ways: [way] };
  }
}

/** To a device of one's own edge: by the Contact with which it registered. */
export function directWay({ contact, path }: { readonly contact: string; readonly path: readonly string[] }): LegWay {
  return { uri: contact, path, headers: () => ({}) };
}

function uriOf(user: string, { protocol, host, port }: EdgeAddress): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `sip:${user}@${name}:${port}${protocol === 'udp' ? '' : `;transport=${protocol}`}`;
}
