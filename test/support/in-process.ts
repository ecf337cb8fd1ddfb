import { mkdirSync } from 'node:fs';
import { stringify } from 'yaml';
import { systemClock } from '#shared/runtime/clock.ts';
import { parseConfig } from '#shared/runtime/config.ts';
import { createLogger, silentLogger } from '#shared/runtime/logger.ts';
import { configSchema } from '#ucserver/config.ts';
import { startServer, type UCServer } from '#ucserver/server.ts';
import { type Sections, serverConfig, serverName } from './cluster-plan.ts';
import type { AccountPlan } from './company.ts';
import { eventually } from './eventually.ts';
import { RedisServer } from './redis-server.ts';
import { Stage } from './stage.ts';

export interface InProcessOptions {
  readonly servers: number;
  readonly people?: Readonly<Record<string, AccountPlan>>;
  readonly sections?: Sections;
}

/** UCServers in this process, on free ports, over a real Redis and SQLite of their own. */
export class InProcess extends Stage {
  readonly redis: RedisServer;
  readonly servers: UCServer[] = [];
  readonly #sections: Sections;

  static async start({ servers, people = {}, sections = {} }: InProcessOptions): Promise<InProcess> {
    const [prepared, redis] = await Promise.all([Stage.prepare('in-process', people), RedisServer.start()]);
    const stage = new InProcess(prepared, redis, sections);
    try {
      await Promise.all(Array.from({ length: servers }, () => stage.#start()));
      stage.servers.sort((a, b) => (a.cluster.self.serverId < b.cluster.self.serverId ? -1 : 1));
      await stage.#untilTogether();
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  #begun = 0;

  private constructor(prepared: Awaited<ReturnType<typeof Stage.prepare>>, redis: RedisServer, sections: Sections) {
    super(...prepared);
    this.redis = redis;
    this.#sections = sections;
  }

  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url);
  }

  async #start(): Promise<void> {
    const plan = {
      id: serverName(this.#begun++),
      httpPort: 0,
      meshPort: 0,
      redis: { host: this.redis.host, port: this.redis.port },
    };
    const values = serverConfig(this.mesh, plan, this.#sections);
    mkdirSync(this.folder.file(plan.id), { recursive: true });
    const config = parseConfig(configSchema, stringify(values));
    const logger = process.env.UCMESH_TEST_LOG ? createLogger({ level: 'debug', format: 'text' }) : silentLogger;
    this.servers.push(await startServer({ config, clock: systemClock, logger }));
  }

  async #untilTogether(): Promise<void> {
    const all = this.servers.length;
    await eventually(
      () =>
        this.servers.every(
          ({ cluster: { mesh, mayWrite, redis, members } }) =>
            redis.state === 'up' &&
            mayWrite &&
            mesh.state === 'up' &&
            members.all().filter(({ suspected }) => !suspected).length === all,
        ),
      { withinMs: 10_000, what: 'the servers know each other' },
    );
  }

  protected async end(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop('end of the test')));
    await this.redis.stop();
  }
}
