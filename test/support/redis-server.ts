import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { endProcess, hasExited, spawnBound } from './child-process.ts';
import { freePort } from './free-port.ts';
import { TempFolder } from './temp-folder.ts';

export interface RedisServerOptions {
  /** Default: a free one. It stays the same over restarts. */
  readonly port?: number;
  readonly password?: string;
  /** Keeps what was written over a kill and a restart; default false: a restarted server is empty. */
  readonly appendOnly?: boolean;
  /** More lines of `redis.conf` as arguments, for example `['--maxmemory-policy', 'allkeys-lru']`. */
  readonly arguments?: readonly string[];
  /** Runs as `redis-sentinel` with this configuration file. */
  readonly sentinelFile?: string;
}

const startLimitMs = 10_000;

/** A real redis-server of its own: free port of 127.0.0.1, its own folder, nothing shared with the system's Redis. */
export class RedisServer implements AsyncDisposable {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly password: string | undefined;
  readonly #options: RedisServerOptions;
  readonly #folder = new TempFolder('redis');
  readonly #clients = new Set<Redis>();
  #process: ChildProcess | undefined;

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(options, options.port ?? (await freePort()));
    await server.#launch();
    return server;
  }

  private constructor(options: RedisServerOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.password = options.password;
  }

  /** What a client of this server needs. */
  get address(): { host: string; port: number; password: string | undefined } {
    return { host: this.host, port: this.port, password: this.password };
  }

  get pid(): number {
    if (!this.running || this.#process?.pid === undefined) throw new Error('redis-server is not running');
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process !== undefined && !hasExited(this.#process);
  }

  /** A client for looking and for preparing; `stop()` closes it. */
  client(options: RedisOptions = {}): Redis {
    const client = new Redis({ ...this.address, retryStrategy: () => 50, ...options });
    // Tests kill the server on purpose; a client that reconnects says so by an event that would end the process unheard.
    client.on('error', () => undefined);
    this.#clients.add(client);
    return client;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    if (this.#process) await endProcess(this.#process, 'SIGKILL');
  }

  /** SIGSTOP: connections stay, nothing is answered. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Starts again on the same port after `kill()`, or kills first. Empty unless `appendOnly`. */
  async restart(): Promise<void> {
    await this.kill();
    await this.#launch();
  }

  /** Empties the data. */
  async flush(): Promise<void> {
    const client = this.client();
    await client.flushall();
    client.disconnect();
    this.#clients.delete(client);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    this.#clients.clear();
    await this.kill();
    this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #launch(): Promise<void> {
    const { sentinelFile, appendOnly = false } = this.#options;
    const child = sentinelFile
      ? spawnBound('redis-sentinel', [sentinelFile])
      : spawnBound('redis-server', [
          ...['--port', String(this.port), '--bind', this.host, '--dir', this.#folder.path, '--save', ''],
          ...['--appendonly', appendOnly ? 'yes' : 'no', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
          ...(this.password ? ['--requirepass', this.password, '--masterauth', this.password] : []),
          ...(this.#options.arguments ?? []),
        ]);
    this.#process = child;
    await readyToServe(child, this.port);
  }
}

/** Waits for the line by which redis-server and redis-sentinel say that they serve. */
async function readyToServe(child: ChildProcess, port: number): Promise<void> {
  let output = '';
  const tooLate = AbortSignal.timeout(startLimitMs);
  const ready = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      if (/Ready to accept connections|Sentinel ID is/.test(output)) return;
      output += chunk.toString();
      if (/Ready to accept connections|Sentinel ID is/.test(output)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
  const ended = once(child, 'exit', { signal: tooLate }).then(
    () => `redis-server on port ${port} ended at once:\n${output}`,
    () => `redis-server on port ${port} was not ready within ${startLimitMs} ms:\n${output}`,
  );
  const failure = await Promise.race([ready, ended]);
  if (typeof failure === 'string') {
    await endProcess(child);
    throw new Error(failure);
  }
}
