import { constants, copyFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { endProcess, spawnBound } from '#test/support/child-process.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePorts } from '#test/support/free-port.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { seed } from './seed.ts';
import type { Stage, StageOptions } from './stage.ts';

const program = resolve(import.meta.dirname, '../../ucserver/cli/ucmesh.ts');
const startLimitMs = 30_000;
/** High enough that no limit of a connection is what is measured. */
const unlimited = {
  messagesPerSecond: 1_000_000,
  messageBurst: 1_000_000,
  connectionsPerAddress: 20_000,
  unansweredRequests: 10_000,
};

/** Identity of all meshes of the bench. */
export const benchMesh = { id: 'bench', password: 'the password of the bench' };

/** Starts UCServers as in production, each a process of its own, with Redis and a seeded SQLite database of their own. */
export async function productStage({ servers, users, serverOf, databaseFrom }: StageOptions): Promise<Stage> {
  const folder = new TempFolder('bench');
  const redis = await RedisServer.start();
  const mesh = benchMesh;
  const databaseFile = folder.file('ucmesh.db');
  if (databaseFrom !== undefined) copyFileSync(databaseFrom, databaseFile, constants.COPYFILE_FICLONE);
  const ids = Array.from({ length: servers }, (_, index) => `p${index}`);
  const { userIds, tokens } = await seed({
    ...{ databaseFile, dataFolder: folder.file('seed'), mesh, users },
    homeOf: (user) => ids[serverOf(user)] ?? '',
  });
  const ports = await freePorts(2 * servers);
  const children = ids.map((id, index) => {
    const config = {
      server: { id, dataFolder: folder.file(id) },
      http: { host: '127.0.0.1', port: ports[2 * index], authPerMinute: 1_000_000 },
      mesh: { ...mesh, host: '127.0.0.1', port: ports[2 * index + 1] },
      redis: { host: redis.host, port: redis.port },
      database: { engine: 'sqlite', file: databaseFile },
      gateway: unlimited,
      chat: { searchesPerSecond: 1_000_000 },
      log: { level: 'warn', format: 'text' },
    };
    const file = folder.file(`${id}.yaml`);
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config));
    return spawnBound(process.execPath, [program, '--config', file, 'serve'], { stdio: ['ignore', 'inherit', 'inherit'] });
  });
  const serverPids = children.flatMap(({ pid }) => pid ?? []);
  const httpUrls = ids.map((_, index) => `http://127.0.0.1:${ports[2 * index]}`);
  const stage: Stage = {
    kind: 'product',
    urls: httpUrls.map((url) => `${url.replace('http', 'ws')}/ws`),
    databaseFile,
    redisPort: redis.port,
    pids: [...serverPids, redis.pid],
    serverPids,
    userId: (user) => userIds[user] ?? '',
    token: (user) => tokens[user] ?? '',
    serverOf,
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map((child) => endProcess(child)));
      await redis.stop();
      folder.remove();
    },
  };
  try {
    await eventually(() => allReady(httpUrls), {
      withinMs: startLimitMs,
      everyMs: 100,
      what: 'all servers are ready and know each other',
    });
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
  return stage;
}

async function allReady(urls: readonly string[]): Promise<boolean> {
  for (const url of urls) {
    const ready = await fetch(`${url}/readyz`);
    if (!ready.ok) return false;
    const { servers } = (await (await fetch(`${url}/api/servers`)).json()) as { servers: readonly unknown[] };
    if (servers.length !== urls.length) return false;
  }
  return true;
}
