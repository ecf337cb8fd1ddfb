import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { RedisConnection } from '#shared/redis/connection.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { type Logger, silentLogger } from '#shared/runtime/logger.ts';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/index.ts';
import { procedures } from '../procedures.ts';

/** What trying one thing showed; without a problem it is well. */
export interface Check {
  readonly name: string;
  readonly problem?: string;
}

/** Tries everything a server needs before it can start; changes nothing. */
export async function checkConnections(config: Config, logger: Logger = silentLogger): Promise<Check[]> {
  const { server, http, mesh, files } = config;
  return [
    await attempt(`data folder ${server.dataFolder}`, () => {
      mkdirSync(server.dataFolder, { recursive: true, mode: 0o700 });
      accessSync(server.dataFolder, constants.W_OK);
    }),
    ...(files.folder === undefined ? [] : [await attemptFolder(files.folder)]),
    await attempt(`address for clients ${http.host}:${http.port}`, () => tryListening(http.host, http.port)),
    await attempt(`address for servers ${mesh.host}:${mesh.port}`, () => tryListening(mesh.host, mesh.port)),
    ...(await Promise.all(
      [http.tls, mesh.tls]
        .flatMap((tls) => (tls ? [tls.cert, tls.key] : []))
        .map((file) => attempt(`file ${file}`, () => void readFileSync(file))),
    )),
    await attempt('Redis', () => tryRedis(config)),
    await attempt('SQL database', () => tryDatabase(config, logger)),
  ];
}

async function attempt(name: string, act: () => void | Promise<void>): Promise<Check> {
  try {
    await act();
    return { name };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The first server makes it, so the folder above it will do. */
function attemptFolder(folder: string): Promise<Check> {
  return attempt(`folder for files ${folder}`, () => accessSync(existsSync(folder) ? folder : dirname(folder), constants.W_OK));
}

function tryListening(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

async function tryRedis({ redis, mesh }: Config): Promise<void> {
  const connection = new RedisConnection({
    config: redis,
    name: `ucmesh:${mesh.id}:check`,
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    if (!(await connection.open(3_000))) throw new Error('no answer within 3 s, or the password is wrong');
  } finally {
    connection.close();
  }
}

async function tryDatabase({ database: config }: Config, logger: Logger): Promise<void> {
  const database = await openDatabase({ config, procedures, clock: systemClock, logger });
  try {
    const { db } = database.queries;
    await database.read(db.selectNoFrom((select) => select.val(1).as('one')));
  } finally {
    await database.close();
  }
}
