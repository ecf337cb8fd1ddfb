import { writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { eventually } from './eventually.ts';
import { freePorts } from './free-port.ts';
import { RedisServer } from './redis-server.ts';
import { TempFolder } from './temp-folder.ts';

export interface RedisSentinelOptions {
  readonly replicas?: number;
  readonly sentinels?: number;
  /** Silence after which a sentinel calls the master down. */
  readonly downAfterMs?: number;
}

const masterName = 'ucmesh-test';
const password = 'sentinel-test';

/** One Redis master with replicas, watched by sentinels (by default two and three): what production runs, on loopback. */
export class RedisSentinels implements AsyncDisposable {
  /** `name`, `sentinels` and `password` as ioredis and the configuration want them. */
  readonly name = masterName;
  readonly password = password;
  readonly sentinels: readonly { host: string; port: number }[];
  readonly #nodes: readonly RedisServer[];
  readonly #watchers: readonly RedisServer[];
  readonly #folder: TempFolder;

  static async start({ replicas = 2, sentinels = 3, downAfterMs = 500 }: RedisSentinelOptions = {}): Promise<RedisSentinels> {
    const folder = new TempFolder('sentinel');
    const master = await RedisServer.start({ password });
    const replicaOf = ['--replicaof', `${master.host} ${master.port}`, '--repl-diskless-sync-delay', '0'];
    const nodes = [
      master,
      ...(await Promise.all(Array.from({ length: replicas }, () => RedisServer.start({ password, arguments: replicaOf })))),
    ];
    const ports = await freePorts(sentinels);
    const quorum = Math.floor(sentinels / 2) + 1;
    const watchers = await Promise.all(
      ports.map((port) => {
        const sentinelFile = folder.file(`sentinel-${port}.conf`);
        writeFileSync(
          sentinelFile,
          sentinelConfiguration({ port, folder: folder.path, master: master.port, quorum, downAfterMs }),
        );
        return RedisServer.start({ port, sentinelFile });
      }),
    );
    const all = new RedisSentinels(nodes, watchers, folder);
    await eventually(() => all.#everybodyKnown(), {
      withinMs: 15_000,
      everyMs: 50,
      what: 'sentinels know the replicas and each other',
    });
    return all;
  }

  private constructor(nodes: readonly RedisServer[], watchers: readonly RedisServer[], folder: TempFolder) {
    this.#nodes = nodes;
    this.#watchers = watchers;
    this.#folder = folder;
    this.sentinels = watchers.map(({ host, port }) => ({ host, port }));
  }

  /** The node that the sentinels name as master now. */
  async master(): Promise<RedisServer> {
    const sentinel = this.#sentinel(0);
    try {
      const [, port] = (await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName)) as [string, string];
      const node = this.#nodes.find((each) => each.port === Number(port));
      if (!node) throw new Error(`The sentinels name an unknown master on port ${port}`);
      return node;
    } finally {
      sentinel.disconnect();
    }
  }

  /**
   * Kills the master and waits until another node is master and takes writes. What `losing` writes to the old master reaches
   * no replica, as when a master dies before it could pass on its last writes.
   *
   * @returns the new master.
   */
  async failOver(losing?: (oldMaster: Redis) => Promise<unknown>): Promise<RedisServer> {
    const old = await this.master();
    const replicas = this.#nodes.filter((node) => node !== old && node.running);
    if (losing) {
      await Promise.all(replicas.map((replica) => replica.client().config('SET', 'masterauth', 'wrong')));
      const client = old.client();
      await client.call('CLIENT', 'KILL', 'TYPE', 'replica');
      await losing(client);
    }
    await old.kill();
    const promoted = await eventually(
      async () => {
        const now = await this.master();
        const role = now !== old && ((await now.client({ retryStrategy: () => null }).role()) as unknown[])[0];
        return role === 'master' && now;
      },
      { withinMs: 15_000, everyMs: 100, what: 'the sentinels have promoted a replica' },
    );
    if (losing) await Promise.all(replicas.map((replica) => replica.client().config('SET', 'masterauth', password)));
    return promoted;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#watchers, ...this.#nodes].map((server) => server.stop()));
    this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #sentinel(index: number): Redis {
    const client = new Redis({ ...this.sentinels[index], retryStrategy: () => 50 });
    client.on('error', () => undefined);
    return client;
  }

  async #everybodyKnown(): Promise<boolean> {
    for (const index of this.sentinels.keys()) {
      const sentinel = this.#sentinel(index);
      try {
        const fields = (await sentinel.call('SENTINEL', 'MASTER', masterName)) as string[];
        const value = (name: string) => Number(fields[fields.indexOf(name) + 1]);
        if (value('num-slaves') !== this.#nodes.length - 1) return false;
        if (value('num-other-sentinels') !== this.sentinels.length - 1) return false;
        const replicas = (await sentinel.call('SENTINEL', 'REPLICAS', masterName)) as string[][];
        if (replicas.some((replica) => replica[replica.indexOf('master-link-status') + 1] !== 'ok')) return false;
      } finally {
        sentinel.disconnect();
      }
    }
    return true;
  }
}

interface SentinelConfiguration {
  readonly port: number;
  readonly folder: string;
  readonly master: number;
  readonly quorum: number;
  readonly downAfterMs: number;
}

function sentinelConfiguration({ port, folder, master, quorum, downAfterMs }: SentinelConfiguration): string {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${masterName} 127.0.0.1 ${master} ${quorum}`,
    `sentinel auth-pass ${masterName} ${password}`,
    `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
    `sentinel failover-timeout ${masterName} 3000`,
    '',
  ].join('\n');
}
