import { join, resolve } from 'node:path';

/** What the command line of `npm start` asks for. */
export interface Options {
  readonly servers: number;
  /** Port of the first server; the others follow, then their mesh addresses, then Redis. */
  readonly port: number;
  readonly data: string;
  readonly reset: boolean;
  readonly json: boolean;
}

export interface ServerPlan {
  readonly id: string;
  readonly url: string;
  readonly folder: string;
  readonly configFile: string;
  readonly logFile: string;
  /** The content of the configuration file. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Everything of a demo cluster that follows from the options and its secrets: ports, folders, configurations. */
export interface Plan {
  readonly folder: string;
  readonly database: string;
  readonly redis: { readonly port: number; readonly folder: string; readonly password: string; readonly logFile: string };
  readonly servers: readonly ServerPlan[];
}

export interface Secrets {
  readonly meshPassword: string;
  readonly redisPassword: string;
}

const host = '127.0.0.1';
/** Name of the mesh of the demo. */
export const demoMeshId = 'demo';

/** Pure: the same options and secrets give the same plan. */
export function planCluster(options: Options, secrets: Secrets): Plan {
  const folder = resolve(options.data);
  const database = join(folder, 'ucmesh.db');
  const { port: firstPort, servers: count } = options;
  const redisPort = firstPort + 2 * count;
  const urls = Array.from({ length: count }, (_, index) => `http://${host}:${firstPort + index}`);
  const servers = urls.map((url, index): ServerPlan => {
    const id = `server-${index + 1}`;
    const own = join(folder, id);
    return {
      id,
      url,
      folder: own,
      configFile: join(own, 'ucmesh.yaml'),
      logFile: join(own, 'server.log'),
      config: {
        server: { id, dataFolder: own },
        http: { host, port: firstPort + index, url },
        mesh: { id: demoMeshId, password: secrets.meshPassword, host, port: firstPort + count + index },
        redis: { host, port: redisPort, password: secrets.redisPassword },
        database: { engine: 'sqlite', file: database },
        files: { folder: join(folder, 'files') },
        log: { level: 'info', format: 'text' },
      },
    };
  });
  return {
    folder,
    database,
    redis: {
      port: redisPort,
      folder: join(folder, 'redis'),
      password: secrets.redisPassword,
      logFile: join(folder, 'redis', 'redis.log'),
    },
    servers,
  };
}
