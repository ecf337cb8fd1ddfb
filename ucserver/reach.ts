import type { Mesh } from '#shared/mesh/mesh-port.ts';
import type { Reach } from '#shared/protocol/session.ts';
import type { RedisConnection } from '#shared/redis/connection.ts';
import type { Health } from '#shared/runtime/health.ts';
import type { Database } from './database/index.ts';

/** What is out of reach, as people are told. */
export interface ReachWatch {
  reach(): Reach;
  /** Answers how to stop listening. */
  onReach(listener: () => void): () => void;
}

/** Watches mesh, Redis and database: for people (`system.reach`) and for operators (`/readyz`). */
export function watchReach(parts: { mesh: Mesh; redis: RedisConnection; database: Database; health: Health }): ReachWatch {
  const { mesh, redis, database, health } = parts;
  const listeners = new Set<() => void>();
  const meshHealth = health.register('mesh');
  const redisHealth = health.register('redis');
  const databaseHealth = health.register('database');

  const report = () => {
    if (mesh.state === 'up') meshHealth.up();
    else meshHealth.away('other servers are reached directly, what crosses servers is late or missing');
    if (redis.state === 'up') redisHealth.up();
    else redisHealth.away(redis.problem ?? 'no answer');
    const { reads, writes } = database.health;
    if (reads === 'up' && writes === 'up') databaseHealth.up();
    else databaseHealth.away(reads === 'up' ? 'nothing can be stored' : 'nothing can be read or stored');
    for (const listener of [...listeners]) listener();
  };
  mesh.onState(report);
  redis.onUp(report);
  redis.onDown(report);
  database.onHealth(report);
  report();
  return {
    reach: () => ({
      mesh: mesh.state,
      database: database.health.reads === 'up' && database.health.writes === 'up' ? 'up' : 'down',
      outbox: redis.state,
    }),
    onReach(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
