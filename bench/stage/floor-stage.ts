import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess, spawnBound } from '#test/support/child-process.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import type { Stage, StageOptions } from './stage.ts';

const relay = resolve(import.meta.dirname, '../floor/relay.ts');

/** Starts the relays of the floor, each a process of its own, with a Redis of their own. */
export async function floorStage({ servers, serverOf }: StageOptions): Promise<Stage> {
  const redis = await RedisServer.start();
  const ids = Array.from({ length: servers }, (_, index) => `f${index}`);
  const children = ids.map((id) =>
    spawnBound(process.execPath, [relay, id, String(redis.port), ids.join(',')], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const ports = await Promise.all(children.map(portOf));
  const serverPids = children.flatMap(({ pid }) => pid ?? []);
  return {
    kind: 'floor',
    urls: ports.map((port) => `ws://127.0.0.1:${port}/ws`),
    redisPort: redis.port,
    pids: [...serverPids, redis.pid],
    serverPids,
    userId: (user) => `user${user}`,
    token: (user) => `user${user}`,
    serverOf,
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map((child) => endProcess(child)));
      await redis.stop();
    },
  };
}

/** The port that a program of the floor prints when it serves. */
export async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('a relay has no standard output');
  for await (const line of createInterface({ input: child.stdout })) return (JSON.parse(line) as { port: number }).port;
  throw new Error('a relay ended before it served');
}
