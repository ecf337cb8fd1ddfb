import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '#test/support/cluster.ts';
import { DatabaseLock } from '#test/support/database-lock.ts';
import type { Seeded } from '#test/support/seeded.ts';
import type { Writer } from './writer.ts';

/** One thing that goes wrong and is mended again. */
type Fault = (cluster: Cluster, writers: readonly Writer[], random: Seeded) => Promise<void>;

const faults: Readonly<Record<string, Fault>> = {
  async 'a server is killed'(cluster, _writers, random) {
    const server = random.of(cluster.servers);
    await server.kill();
    await pause(random.between(100, 2_000));
    await server.start();
  },
  async 'a server hangs'(cluster, _writers, random) {
    const server = random.of(cluster.servers);
    server.pause();
    await pause(random.between(200, 4_000));
    server.resume();
  },
  async 'Redis is killed and starts again empty'(cluster, _writers, random) {
    await cluster.redis.kill();
    await pause(random.between(0, 2_000));
    await cluster.redis.restart();
  },
  async 'Redis hangs'(cluster, _writers, random) {
    cluster.redis.pause();
    await pause(random.between(200, 2_500));
    cluster.redis.resume();
  },
  async 'a server is cut off from Redis'(cluster, _writers, random) {
    const { redisLink } = random.of(cluster.servers);
    redisLink.cut();
    await pause(random.between(100, 2_500));
    await redisLink.heal();
  },
  async 'another process holds the database'(cluster, _writers, random) {
    const lock = await DatabaseLock.hold(cluster.mesh.databaseFile);
    await pause(random.between(300, 3_000));
    await lock.release();
  },
  async 'connections of clients break'(_cluster, writers, random) {
    for (const writer of writers) if (random.next() < 0.4) writer.tear();
    await pause(random.between(0, 300));
  },
};

/** Breaks one thing after another for so long; everything is mended when it resolves. @returns what happened, in order */
export async function breakThings(
  cluster: Cluster,
  writers: readonly Writer[],
  random: Seeded,
  forMs: number,
): Promise<readonly string[]> {
  const happened: string[] = [];
  const untilMs = performance.now() + forMs;
  // Shuffled rounds, so that a short run also sees most of them.
  while (performance.now() < untilMs) {
    const names = Object.keys(faults);
    while (names.length > 0 && performance.now() < untilMs) {
      const name = random.of(names);
      names.splice(names.indexOf(name), 1);
      happened.push(name);
      await faults[name]?.(cluster, writers, random);
      await pause(random.between(100, 1_200));
    }
  }
  return happened;
}
