import type { ServerCluster } from '#shared/cluster/cluster.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Health } from '#shared/runtime/health.ts';
import type { Lifecycle } from '#shared/runtime/lifecycle.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Config } from './config.ts';
import { type Database, type Replica, SecretBox } from './database/index.ts';
import type { Directory } from './directory/index.ts';
import type { Dispatcher } from './gateway/index.ts';
import type { RouteSet } from './http/index.ts';
import { createProvisioning, ProvisioningTokens } from './provisioning/index.ts';
import { createSip, LocationStore, type Locations, ServerLocations, type Sip, SipDevices } from './sip/index.ts';

export interface PhonesOptions {
  readonly config: Config;
  readonly cluster: ServerCluster;
  readonly database: Database;
  readonly replica: Replica;
  readonly directory: Directory;
  readonly dispatcher: Dispatcher;
  readonly health: Health;
  /** Where clients reach this server. */
  readonly url: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** SIP devices, where they are, and how they get their settings. */
export interface Phones {
  /** Where the devices of all servers are. */
  readonly locations: Locations;
  /** Undefined when this server has no phones. */
  readonly sip: Sip | undefined;
  readonly routes: RouteSet;
  /** Adds what must be listening before the mesh is joined. */
  addTo(lifecycle: Lifecycle): void;
  /** Adds what needs the present life. */
  addAfterMesh(lifecycle: Lifecycle): void;
}

/** Connects SIP with the settings that phones fetch: each needs the other. */
export function createPhones(options: PhonesOptions): Phones {
  const { config, cluster, database, replica, directory, dispatcher, health, url, clock, logger } = options;
  const { redis, signer, keys, meshKeys } = cluster;
  const { id: serverId, dataFolder } = config.server;
  const base = { clock, logger };
  const locations = new ServerLocations({
    ...{ cluster, store: new LocationStore({ redis, signer, keys }), dataFolder },
    ...base,
  });
  const devices = new SipDevices({
    ...{ database, replica, clock, realm: config.mesh.id },
    provisioning: (device) => provisioning.offer(device),
    registrars: () => provisioning.registrars(),
  });
  const provisioning = createProvisioning({
    ...{ config: config.provisioning, database, directory, cluster, clock, url, realm: devices.realm },
    tokens: new ProvisioningTokens(new SecretBox(config.mesh.id, config.mesh.password, 'provisioning'), clock),
    deviceOf: (id) => devices.find(id),
  });
  const sip = createSip({
    ...{ config: config.sip, devices, locations, dispatcher, meshKeys, health, self: serverId, ...base },
    ownHost: () => new URL(cluster.meshUrl).hostname,
  });
  return {
    locations,
    sip,
    routes: provisioning.routes,
    addTo(lifecycle) {
      lifecycle.add({ name: 'locations', start: () => locations.start(), stop: () => locations.stop() });
      if (sip !== undefined) lifecycle.add({ name: 'sip', start: () => sip.start(), stop: () => sip.stop() });
    },
    addAfterMesh(lifecycle) {
      if (sip !== undefined) lifecycle.add({ name: 'phones', start: () => sip.resume() });
    },
  };
}
