import { readFileSync } from 'node:fs';
import type { ServerId } from '../ids.ts';
import type { Bus } from '../mesh/bus.ts';
import type { MeshConfig } from '../mesh/config.ts';
import { DirectClient } from '../mesh/direct-client.ts';
import { DirectServer } from '../mesh/direct-server.ts';
import { ServerMesh } from '../mesh/mesh.ts';
import { MeshKeys } from '../mesh/mesh-keys.ts';
import { RedisBus } from '../mesh/redis-bus.ts';
import type { RedisConfig } from '../redis/config.ts';
import { RedisConnection } from '../redis/connection.ts';
import { createKeys, type Keys } from '../redis/keys.ts';
import { RecordSigner } from '../redis/records.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

export interface LinkOptions {
  readonly serverId: ServerId;
  readonly mesh: MeshConfig;
  readonly redis: RedisConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: {@link RedisBus}. */
  readonly bus?: Bus | undefined;
}

/** How long a start waits for the mesh to be up. */
const startWaitMs = 2_000;

/** What connects a server with Redis and with the other servers, and what it signs with. */
export class Links {
  readonly keys: Keys;
  readonly meshKeys: MeshKeys;
  readonly signer: RecordSigner;
  readonly redis: RedisConnection;
  readonly bus: Bus;
  readonly mesh: ServerMesh;
  /** Asks other servers at their mesh addresses. */
  readonly client: DirectClient;
  /** Our mesh address. */
  readonly server: DirectServer;
  readonly #clock: Clock;

  constructor({ serverId, mesh: config, redis, clock, logger, bus }: LinkOptions) {
    const name = `ucmesh:${config.id}:${serverId}`;
    this.#clock = clock;
    this.keys = createKeys(config.id);
    this.meshKeys = new MeshKeys(config.id, config.password);
    this.signer = new RecordSigner(this.meshKeys);
    this.redis = new RedisConnection({ config: redis, name, clock, logger });
    this.bus = bus ?? new RedisBus({ config: redis, name, logger });
    this.client = new DirectClient({ keys: this.meshKeys, ca: config.tls?.ca && readFileSync(config.tls.ca) });
    this.server = new DirectServer({ config, keys: this.meshKeys, logger: logger.child({ part: 'cluster' }) });
    this.mesh = new ServerMesh({
      ...{ bus: this.bus, keys: this.meshKeys, redisKeys: this.keys, direct: this.client, clock, logger },
    });
  }

  /** Resolves when the mesh carries, or after 2 s without it. */
  async untilMeshUp(): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + startWaitMs;
    while (this.mesh.state === 'down' && this.#clock.monotonicMs() < untilMs)
      await new Promise<void>((resolve) => this.#clock.after(10, resolve));
  }

  /** Ends everything, the mesh address last of all. */
  async close(): Promise<void> {
    this.mesh.stop();
    this.redis.close();
    await this.server.close();
  }
}
