import { ServerCluster } from '#shared/cluster/cluster.ts';
import type { Load } from '#shared/cluster/cluster-port.ts';
import type { ServerId } from '#shared/ids.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { type Clock, systemClock } from '#shared/runtime/clock.ts';
import { createLogger, silentLogger } from '#shared/runtime/logger.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

export interface TestClusterOptions {
  /** As in the configuration. */
  readonly redis: unknown;
  readonly meshId?: string;
  readonly password?: string;
  /** Default: a fresh one. */
  readonly folder?: string;
  readonly clock?: Clock;
  readonly onReplaced?: () => void;
}

const idle: Load = { users: 0, connections: 0, fill: 0, draining: false, full: false };

/** One server's place in the mesh, in this process. Set UCMESH_TEST_LOG to see what it logs. */
export function createTestCluster(serverId: string, options: TestClusterOptions): ServerCluster {
  const { meshId = 'test', password = 'the password of the mesh', clock = systemClock } = options;
  const { onReplaced = () => undefined, folder = new TempFolder(`cluster-${serverId}`).path } = options;
  return new ServerCluster({
    serverId: serverId as ServerId,
    site: 'here',
    version: 'test',
    url: `http://${serverId}.test`,
    mesh: { id: meshId, password, host: '127.0.0.1', port: 0 },
    redis: redisConfigSchema.parse(options.redis),
    dataFolder: folder,
    clock,
    logger: process.env.UCMESH_TEST_LOG ? createLogger({ level: 'debug', format: 'text' }) : silentLogger,
    load: () => idle,
    onReplaced,
  });
}
