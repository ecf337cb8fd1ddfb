import { availableParallelism } from 'node:os';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { Database, Replica } from '#ucserver/database/index.ts';
import { Authenticator } from './authenticator.ts';
import type { AuthConfig } from './config.ts';
import { DeviceLog } from './device-log.ts';
import { KeyRing, type Sealing } from './key-ring.ts';
import { Nonces } from './nonces.ts';
import { Passwords } from './passwords.ts';
import { DeviceRepository, KeyRepository, ReplicaUsers, RevocationRepository } from './repository.ts';
import { Revocations } from './revocations.ts';
import { Throttle } from './throttle.ts';
import { TokenIssuer } from './tokens.ts';

export interface CreateAuthOptions {
  readonly config: AuthConfig;
  readonly database: Database;
  readonly replica: Replica;
  readonly mesh: Pick<Mesh, 'broadcast' | 'on' | 'addResync'>;
  readonly meshKeys: MeshKeys;
  /** Seals signing keys: a `SecretBox` for the purpose `signing-key`. */
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Auth {
  readonly authenticator: Authenticator;
  readonly passwords: Passwords;
  /** Makes a signing key if there is none; goes on without SQL. */
  start(): Promise<void>;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

/** Puts together passwords, tokens and their stores. */
export function createAuth({ config, database, replica, mesh, meshKeys, sealing, clock, logger }: CreateAuthOptions): Auth {
  const sources = { database, replica, clock };
  const { hashesAtOnce = sparingCores(), hashesWaiting, accessMs, refreshMs, keyMs } = config;
  const passwords = new Passwords({ hashesAtOnce, hashesWaiting, clock });
  const keys = new KeyRing({ store: new KeyRepository(sources), sealing, clock, logger, keyMs, tokenMs: refreshMs });
  const revocations = new Revocations({ store: new RevocationRepository(sources), mesh, clock, logger, tokenMs: refreshMs });
  const devices = new DeviceLog({ store: new DeviceRepository(sources), clock, logger });
  const authenticator = new Authenticator({
    users: new ReplicaUsers(sources),
    passwords,
    throttle: new Throttle(clock),
    tokens: new TokenIssuer({ keys, meshId: meshKeys.meshId, accessMs, refreshMs, clock }),
    nonces: new Nonces(meshKeys, clock),
    revocations,
    devices,
    clock,
    logger,
  });
  return {
    authenticator,
    passwords,
    async start() {
      revocations.start();
      authenticator.start();
      await keys.start();
    },
    async stop() {
      keys.stop();
      revocations.stop();
      authenticator.stop();
      await devices.stop();
    },
  };
}

/** Leaves a core for everything else. */
function sparingCores(): number {
  return Math.max(1, Math.min(3, availableParallelism() - 1));
}
