import type { Registry } from 'prom-client';
import type { ServerCluster } from '#shared/cluster/cluster.ts';
import type { UserId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Lifecycle } from '#shared/runtime/lifecycle.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { CallService } from './calls/index.ts';
import type { Config } from './config.ts';
import { type Database, type Replica, SecretBox } from './database/index.ts';
import { DialPlans } from './dial-plan/index.ts';
import type { Directory } from './directory/index.ts';
import type { CallerNames } from './phone-book/index.ts';
import type { Settings } from './settings/index.ts';
import type { Locations, Sip } from './sip/index.ts';
import { createTrunkMetrics, TrunkRepository, Trunks } from './trunks/index.ts';

export interface TelephonyOptions {
  readonly config: Config;
  readonly cluster: ServerCluster;
  readonly database: Database;
  readonly replica: Replica;
  readonly settings: Settings;
  readonly directory: Directory;
  readonly names: CallerNames;
  readonly sip: Sip;
  readonly locations: Locations;
  readonly mayCall: (callee: UserId, caller: UserId) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Calls of a server with phones: to people, and by the dial plan over trunks. */
export interface Telephony {
  readonly calls: CallService;
  readonly trunks: Trunks;
  /** Adds what must be listening before the mesh is joined. */
  addTo(lifecycle: Lifecycle): void;
}

/** Connects calls, the dial plan and trunks. */
export function createTelephony(options: TelephonyOptions): Telephony {
  const { config, cluster, database, replica, settings, directory, names, sip, locations, mayCall, clock, logger, registry } =
    options;
  const base = { clock, logger };
  const sealing = new SecretBox(config.mesh.id, config.mesh.password, 'trunk');
  const plans = new DialPlans({ replica, settings, directory, logger });
  const repository = new TrunkRepository({ database, replica, sealing, ...base });
  const trunks = new Trunks({ repository, sip, cluster, ...base });
  createTrunkMetrics(registry, trunks);
  const calls = new CallService({
    ...{ cluster, meshKeys: cluster.meshKeys, sip, locations, directory, plans, trunks, names, mayCall },
    ...{ config: config.calls, ...base },
  });
  return {
    calls,
    trunks,
    addTo(lifecycle) {
      lifecycle.add({ name: 'calls', start: () => calls.start(), stop: () => calls.stop() });
      lifecycle.add({ name: 'trunks', start: () => trunks.start(), stop: () => trunks.stop() });
    },
  };
}
