import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { SipConfig } from './config.ts';

const program = fileURLToPath(new URL('../../sipedge/main.ts', import.meta.url));
const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** One that has run this long is started anew at once. */
const steadyMs = 60_000;
/** How long an edge may take to listen, or to end. */
const patienceMs = 10_000;

/** Where the control port of an edge is. */
export interface ControlAddress {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/**
 * The SIP edge as a child process: started with a random secret, started again when it ends, and gone when this process is,
 * whatever became of it, because it ends with its standard input.
 */
export class EdgeProcess {
  readonly #config: SipConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #secret = randomBytes(24).toString('base64url');
  #controlPort = 0;
  #child: ChildProcess | undefined;
  #pauseMs = firstPauseMs;
  #retry: Timer | undefined;
  #isStopping = false;

  constructor(config: SipConfig, clock: Clock, logger: Logger) {
    this.#config = config;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The id of the process, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws Error when it does not listen: a port is taken, a certificate is wrong */
  async start(): Promise<ControlAddress> {
    await this.#run();
    return { host: '127.0.0.1', port: this.#controlPort, secret: this.#secret };
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#retry?.stop();
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    const impatience = this.#clock.after(patienceMs, () => child.kill('SIGKILL'));
    child.stdin?.end();
    await ended;
    impatience.stop();
  }

  /** The control port stays the same, so that the application finds the next edge by connecting again. */
  async #run(): Promise<void> {
    const { listeners, tls, verifyPeers } = this.#config;
    const control = { secret: this.#secret, port: this.#controlPort };
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    const startedMs = this.#clock.monotonicMs();
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    child.stdin?.write(`${JSON.stringify({ control, listeners, tls, verifyPeers })}\n`);
    let listens = false;
    child.once('exit', (code, signal) => {
      this.#child = undefined;
      if (!listens || this.#isStopping) return;
      this.#logger.error('the SIP edge ended and is started again', { code, signal });
      if (this.#clock.monotonicMs() - startedMs > steadyMs) this.#pauseMs = firstPauseMs;
      this.#again();
    });
    this.#controlPort = await this.#listening(child);
    listens = true;
  }

  async #listening(child: ChildProcess): Promise<number> {
    const impatience = this.#clock.after(patienceMs, () => child.kill('SIGKILL'));
    try {
      if (child.stdout !== null) {
        for await (const line of createInterface({ input: child.stdout }))
          return (JSON.parse(line) as { controlPort: number }).controlPort;
      }
    } finally {
      impatience.stop();
    }
    throw new Error('the SIP edge ended before it listened; what it said stands before this');
  }

  #again(): void {
    this.#retry = this.#clock.after(this.#pauseMs, () => {
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
      this.#run().catch((error: unknown) => {
        this.#logger.error('the SIP edge could not be started', { error });
        if (!this.#isStopping) this.#again();
      });
    });
  }
}
