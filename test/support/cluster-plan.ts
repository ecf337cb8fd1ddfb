import { join } from 'node:path';

export const loopback = '127.0.0.1';

/** Sections of the configuration; what is given here outweighs what the plan has. */
export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface MeshPlan {
  readonly meshId: string;
  readonly meshPassword: string;
  /** Where everything of the servers is kept. */
  readonly folder: string;
  readonly databaseFile: string;
}

export interface ServerPlan {
  readonly id: string;
  /** 0: any free one. */
  readonly httpPort: number;
  readonly meshPort: number;
  /** Where the other servers reach it, if not at its mesh port. */
  readonly meshUrl?: string;
  /** The section `redis`. */
  readonly redis: Readonly<Record<string, unknown>>;
}

/** Ids of servers as all tests name them: `server-1`, `server-2` … */
export function serverName(index: number): string {
  return `server-${index + 1}`;
}

/** The configuration of one server of a test, as it would stand in its file. */
export function serverConfig(mesh: MeshPlan, server: ServerPlan, sections: Sections = {}): Record<string, object> {
  const { id, httpPort, meshPort, meshUrl, redis } = server;
  const planned: Record<string, object> = {
    server: { id, dataFolder: join(mesh.folder, id) },
    // One machine plays all clients.
    http: { host: loopback, port: httpPort, authPerMinute: 100_000 },
    gateway: { connectionsPerAddress: 20_000 },
    mesh: { id: mesh.meshId, password: mesh.meshPassword, host: loopback, port: meshPort, ...(meshUrl ? { url: meshUrl } : {}) },
    redis,
    database: { engine: 'sqlite', file: mesh.databaseFile },
    log: { level: process.env.UCMESH_TEST_LOG ? 'debug' : 'info', format: 'text' },
  };
  for (const [name, section] of Object.entries(sections)) planned[name] = { ...planned[name], ...section };
  return planned;
}
