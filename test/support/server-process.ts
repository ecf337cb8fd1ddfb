import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { endProcess, hasExited, spawnBound } from './child-process.ts';
import { loopback, type MeshPlan, type Sections, type ServerPlan, serverConfig } from './cluster-plan.ts';
import { eventually } from './eventually.ts';
import type { Link } from './link.ts';

const program = resolve(import.meta.dirname, '../../ucserver/cli/ucmesh.ts');
/** Lines of the log that are kept to be shown when something goes wrong. */
const keptLines = 400;

export interface ServerProcessOptions {
  readonly mesh: MeshPlan;
  readonly plan: ServerPlan;
  readonly sections: Sections;
  /** Over which the other servers reach it. */
  readonly meshLink: Link;
  /** Over which it reaches Redis. */
  readonly redisLink: Link | undefined;
}

/** One UCServer as a process of its own. Its ports, folder and configuration stay the same over restarts. */
export class ServerProcess {
  readonly id: string;
  readonly url: string;
  readonly meshLink: Link;
  readonly #options: ServerProcessOptions;
  readonly #log: string[] = [];
  #process: ChildProcess | undefined;

  constructor(options: ServerProcessOptions) {
    const { plan } = options;
    this.id = plan.id;
    this.url = `http://${loopback}:${plan.httpPort}`;
    this.meshLink = options.meshLink;
    this.#options = options;
  }

  get redisLink(): Link {
    const { redisLink } = this.#options;
    if (!redisLink) throw new Error('There is no link to Redis behind sentinels');
    return redisLink;
  }

  get running(): boolean {
    return this.#process !== undefined && !hasExited(this.#process);
  }

  get pid(): number {
    if (!this.running || this.#process?.pid === undefined) throw new Error(`${this.id} is not running`);
    return this.#process.pid;
  }

  /** The last lines it logged. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Starts it and waits until people can sign in. @returns how long that took, in ms. */
  async start(withinMs = 30_000): Promise<number> {
    const { mesh, plan, sections } = this.#options;
    const folder = join(mesh.folder, plan.id);
    const configFile = join(folder, 'ucmesh.yaml');
    mkdirSync(folder, { recursive: true });
    writeFileSync(configFile, stringify(serverConfig(mesh, plan, sections)));
    const beganMs = performance.now();
    const child = spawnBound(process.execPath, [program, '--config', configFile, 'serve']);
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#record(text));
    await eventually(
      async () => {
        if (hasExited(child)) return;
        const answer = await fetch(`${this.url}/livez`, { signal: AbortSignal.timeout(60_000) });
        return answer.ok;
      },
      { withinMs, everyMs: 30, what: `${this.id} is up` },
    ).catch((error: unknown) => this.#fail(error));
    if (hasExited(child)) this.#fail(new Error(`${this.id} ended at its start`));
    return performance.now() - beganMs;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    if (this.#process) await endProcess(this.#process);
  }

  /** SIGSTOP: connections stay, nothing is answered. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** SIGTERM. @returns how long it took to end, in ms, and its exit code. */
  async terminate(): Promise<{ tookMs: number; code: number | null }> {
    const child = this.#process;
    if (!child || hasExited(child)) throw new Error(`${this.id} is not running`);
    const beganMs = performance.now();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return { tookMs: performance.now() - beganMs, code: child.exitCode };
  }

  /** Ids of the servers it tells clients of. */
  async knownServers(): Promise<string[]> {
    const answer = await fetch(`${this.url}/api/servers`, { signal: AbortSignal.timeout(60_000) });
    const { servers } = (await answer.json()) as { servers: { id: string }[] };
    return servers.map(({ id }) => id);
  }

  /** What `/readyz` says. */
  async readiness(): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(60_000) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** Kills it and closes its links. */
  async end(): Promise<void> {
    await this.kill();
    await this.#options.meshLink.close();
    await this.#options.redisLink?.close();
  }

  #record(text: string): void {
    if (process.env.UCMESH_TEST_LOG) process.stderr.write(text.replaceAll(/^(?=.)/gm, `[${this.id}] `));
    this.#log.push(...text.split('\n').filter((line) => line !== ''));
    if (this.#log.length > keptLines) this.#log.splice(0, this.#log.length - keptLines);
  }

  #fail(error: unknown): never {
    throw new Error(`${this.id} did not start:\n${this.#log.slice(-20).join('\n')}`, { cause: error });
  }
}
