import type { RedisConnection } from '#shared/redis/connection.ts';
import type { Database } from '#ucserver/database/index.ts';
import type { RedisWatch, StorageWatch } from './port.ts';

export function redisWatch(redis: Pick<RedisConnection, 'state' | 'runId' | 'onUp'>): RedisWatch {
  return {
    get isUp() {
      return redis.state === 'up';
    },
    get runId() {
      return redis.runId;
    },
    onBack: (listener) => redis.onUp(() => listener()),
  };
}

export function databaseWatch(database: Pick<Database, 'health' | 'onHealth'>): StorageWatch {
  return {
    get canRead() {
      return database.health.reads === 'up';
    },
    get canWrite() {
      return database.health.writes === 'up';
    },
    onChange: (listener) => database.onHealth(listener),
  };
}
