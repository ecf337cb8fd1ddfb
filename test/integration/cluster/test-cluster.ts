import type { ServerId } from '#shared/ids.ts';
import { ServerCluster } from '#shared/cluster/cluster.ts';
import type { RedisConfig } from '#shared/redis/config.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { createLogger, type Logger, silentLogger } from '#shared/runtime/logger.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

export interface TestClusterOptions {
  readonly redis: { readonly host: string; readonly port: number; readonly password?: string | undefined } | RedisConfig;
  readonly meshId?: string;
  readonly password?: string;
  readonly folder?: TempFolder;
  readonly onReplaced?: () => void;
}

/** One server's place in the mesh, in this process, with a folder of its own. Set UCMESH_TEST_LOG to see what it logs. */
export function createTestCluster(serverId: string, options: TestClusterOptions): ServerCluster {
  const folder = options.folder ?? new TempFolder(`cluster-${serverId}`);
  const logger: Logger = process.env.UCMESH_TEST_LOG ? createLogger({ level: 'debug', format: 'text' }) : silentLogger;
  return new ServerCluster({
    serverId: serverId as ServerId,
    site: 'here',
    version: 'test',
    url: `http://${serverId}.test`,
    mesh: { id: options.meshId ?? 'test', password: options.password ?? 'the password of the mesh', host: '127.0.0.1', port: 0 },
    redis: redisConfigSchema.parse(options.redis),
    dataFolder: folder.path,
    clock: systemClock,
    logger,
    load: () => ({ users: 0, connections: 0, fill: 0, homes: 0, draining: false, full: false }),
    onReplaced: options.onReplaced ?? (() => undefined),
  });
}
