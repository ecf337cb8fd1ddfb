import type { UserId } from '#shared/ids.ts';
import { loopback, type Sections, serverName } from './cluster-plan.ts';
import type { AccountPlan } from './company.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-port.ts';
import { keysOf } from './leaks.ts';
import { Link } from './link.ts';
import type { RedisSentinels } from './redis-sentinel.ts';
import { RedisServer, type RedisServerOptions } from './redis-server.ts';
import { ServerProcess } from './server-process.ts';
import { Stage } from './stage.ts';

export interface ClusterOptions {
  /** Default: 2. */
  readonly servers?: number;
  /** Sign-in names. */
  readonly people?: Readonly<Record<string, AccountPlan>>;
  /** Sections that outweigh those of the plan, on every server. */
  readonly sections?: Sections;
  /** Sections of one server alone, by its number. */
  readonly sectionsOf?: (index: number) => Sections;
  /** Default: one of its own. It is left as it is at the end. */
  readonly redis?: RedisServer | RedisSentinels;
  /** Of its own Redis. */
  readonly redisOptions?: RedisServerOptions;
  readonly meshId?: string;
  /** Default: true. */
  readonly started?: boolean;
}

/** UCServers as processes, with links to Redis and between each other that can break; over a database and people of its own. */
export class Cluster extends Stage {
  /** Undefined behind sentinels. */
  readonly ownRedis: RedisServer | undefined;
  readonly servers: readonly ServerProcess[];
  readonly #givenRedis: RedisServer | RedisSentinels | undefined;

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const {
      servers = 2,
      people = {},
      sections = {},
      sectionsOf = () => ({}),
      redis,
      redisOptions = {},
      meshId,
      started = true,
    } = options;
    const [prepared, ownRedis] = await Promise.all([
      Stage.prepare('cluster', people, meshId),
      redis ? undefined : RedisServer.start({ password: 'redis-test', ...redisOptions }),
    ]);
    const [mesh] = prepared;
    const ports = await freePorts(2 * servers);
    const processes: ServerProcess[] = [];
    for (let index = 0; index < servers; index++) {
      const httpPort = ports[index] as number;
      const meshPort = ports[servers + index] as number;
      const meshLink = await Link.open({ target: { port: meshPort } });
      const plan = { id: serverName(index), httpPort, meshPort, meshUrl: `http://${loopback}:${meshLink.port}` };
      const plain = redis instanceof RedisServer ? redis : ownRedis;
      const redisLink = plain && (await Link.open({ target: { port: plain.port } }));
      const place = redisLink
        ? { host: loopback, port: redisLink.port, password: plain.password }
        : sentinelPlace(redis as RedisSentinels);
      processes.push(
        new ServerProcess({
          mesh,
          plan: { ...plan, redis: place },
          sections: { ...sections, ...sectionsOf(index) },
          meshLink,
          redisLink,
        }),
      );
    }
    const cluster = new Cluster(prepared, processes, ownRedis, redis);
    try {
      if (started) await cluster.startAll();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  private constructor(
    prepared: Awaited<ReturnType<typeof Stage.prepare>>,
    servers: readonly ServerProcess[],
    ownRedis: RedisServer | undefined,
    redis: RedisServer | RedisSentinels | undefined,
  ) {
    super(...prepared);
    this.servers = servers;
    this.ownRedis = ownRedis;
    this.#givenRedis = redis;
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  /** The plain Redis of this cluster. */
  get redis(): RedisServer {
    const redis = this.ownRedis ?? this.#givenRedis;
    if (!(redis instanceof RedisServer)) throw new Error('This cluster has Redis behind sentinels');
    return redis;
  }

  server(index: number): ServerProcess {
    const server = this.servers[index];
    if (!server) throw new Error(`There is no server ${index}`);
    return server;
  }

  /** Starts all servers at once and waits until each knows all. */
  async startAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.start()));
    await this.untilTogether();
  }

  /** Every running server lists every running server. */
  async untilTogether(withinMs = 10_000): Promise<void> {
    const running = this.servers.filter((server) => server.running);
    await eventually(
      async () => {
        for (const server of running) {
          const known = (await server.knownServers()).sort();
          const wanted = running.map(({ id }) => id).sort();
          if (known.join() !== wanted.join()) throw new Error(`${server.id} knows ${known.join()}`);
        }
      },
      { withinMs, everyMs: 50, what: 'the servers know each other' },
    );
  }

  /** Redis holds this of a user: what the next owner will know if the present one dies now. Presence reaches it a moment later. */
  async untilKept({ userId }: { readonly userId: UserId }, text: string): Promise<void> {
    const client = this.redis.client();
    const isKept = async () => {
      const keys = (await keysOf(client)).filter((key) => key.endsWith(`:${userId}`));
      const values = keys.length === 0 ? [] : await client.mget(keys);
      return values.some((value) => value?.includes(text) === true);
    };
    await eventually(isKept, { what: `Redis holds "${text}"` });
    client.disconnect();
  }

  protected async end(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end()));
    await this.ownRedis?.stop();
  }
}

function sentinelPlace({ sentinels, name, password }: RedisSentinels): Record<string, unknown> {
  return { sentinels, sentinelName: name, password };
}
