import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../runtime/logger.ts';
import type { RedisConfig } from './config.ts';

/** Longest wait for an answer. */
export const commandTimeoutMs = 1_000;
/** Longest wait between two attempts to connect; with what the attempt itself takes, less than 250 ms. */
export const reconnectMs = 200;

/**
 * Connects anew also where ioredis gives up: when a sentinel tells of a fail-over just while it looks for the primary, it takes that for
 * a wish of ours to close.
 */
class LastingRedis extends Redis {
  #closed = false;

  constructor(options: Omit<RedisOptions, 'replyMapping'>) {
    super(options);
    this.on('end', () => {
      // Rejects with the first failure, while ioredis goes on trying.
      if (!this.#closed) this.connect().catch(() => undefined);
    });
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) this.#closed = true;
    super.disconnect(reconnect);
  }
}

function tlsOptions({ tls, host }: RedisConfig): ConnectionOptions | undefined {
  if (tls === undefined) return undefined;
  const file = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path));
  return { ca: file(tls.ca), cert: file(tls.cert), key: file(tls.key), servername: tls.serverName ?? host };
}

/**
 * One ioredis client with the rules of this product: nothing is queued while Redis is away, nothing is sent twice by itself, no
 * answer is waited for longer than {@link commandTimeoutMs}. Not connected yet: call `connect()`; from then on it tries until `disconnect()`.
 */
export function createRedisClient(config: RedisConfig, name: string, logger: Logger): Redis {
  const tls = tlsOptions(config);
  const retry = (attempt: number) => Math.min(reconnectMs, 25 * attempt);
  const client = new LastingRedis({
    ...(config.sentinels === undefined
      ? { host: config.host, port: config.port }
      : {
          sentinels: config.sentinels,
          name: config.sentinelName,
          sentinelUsername: config.sentinelUsername,
          sentinelPassword: config.sentinelPassword,
          sentinelCommandTimeout: commandTimeoutMs,
          sentinelRetryStrategy: retry,
          sentinelTLS: tls,
          enableTLSForSentinelMode: tls !== undefined,
          failoverDetector: true,
        }),
    tls,
    username: config.username,
    password: config.password,
    db: config.database,
    connectionName: name,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    // A hung Redis never answers our FIN: without this the next attempt would wait for it.
    disconnectTimeout: 100,
    // While Redis loads its data it is asked again this often at the latest.
    maxLoadingRetryTime: reconnectMs,
    // Who subscribes does it anew on 'ready', and knows when it is done.
    autoResubscribe: false,
    retryStrategy: retry,
    // A primary that became a replica: look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  // The state of the connection is told by its events; an unheard 'error' would end the process.
  client.on('error', (error) => logger.debug('Redis connection failed', { connection: name, error }));
  return client;
}
