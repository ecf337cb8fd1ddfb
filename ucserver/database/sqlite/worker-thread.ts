import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

export interface WorkerThreadOptions {
  readonly start: WorkerStart;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onMessage: (message: FromWorker) => void;
  /** The thread is gone with whatever it was asked; a new one is on its way. */
  readonly onLost: () => void;
}

const firstRestartMs = 50;
const longestRestartMs = 5_000;
const longestCloseMs = 3_000;

/** A worker thread that is started again when it dies. */
export class WorkerThread {
  readonly #options: WorkerThreadOptions;
  #worker: Worker | undefined;
  /** What came while no thread lived. */
  #waiting: ToWorker[] = [];
  #restart: Timer | undefined;
  #restartMs = firstRestartMs;
  #closing = false;
  /** The file was there. */
  #found = false;
  #exited: Promise<void> = Promise.resolve();

  constructor(options: WorkerThreadOptions) {
    this.#options = options;
    this.#start();
  }

  /** What is sent while no thread lives goes to the next one. */
  send(message: ToWorker): void {
    if (this.#worker === undefined) this.#waiting.push(message);
    else this.#worker.postMessage(message);
  }

  /** The file is there: neither this thread nor one that follows it makes a new one. */
  found(): void {
    if (this.#found) return;
    this.#found = true;
    this.#worker?.postMessage({ kind: 'found' } satisfies ToWorker);
  }

  /** Closes its file after what it was sent. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#restart?.stop();
    this.#worker?.postMessage({ kind: 'close' } satisfies ToWorker);
    // One that waits for a lock is not waited for: what it has not committed was not promised to anybody.
    const patience = this.#options.clock.after(longestCloseMs, () => void this.#worker?.terminate());
    await this.#exited;
    patience.stop();
  }

  /** Kills the thread as a crash would, for tests of what follows. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): void {
    const { start, logger, onMessage } = this.#options;
    const workerData: WorkerStart = { ...start, mayCreate: start.mayCreate && !this.#found };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, name: `sqlite-${start.role}` });
    worker.on('message', (message: FromWorker) => {
      this.#restartMs = firstRestartMs;
      onMessage(message);
    });
    worker.on('error', (error) => logger.error('database thread failed', { role: start.role, error }));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#worker = undefined;
        resolve();
        this.#afterExit();
      });
    });
    this.#worker = worker;
    for (const message of this.#waiting.splice(0)) worker.postMessage(message);
  }

  #afterExit(): void {
    if (this.#closing) return;
    const { clock, logger, onLost, start } = this.#options;
    logger.warn('database thread died, starting another', { role: start.role, afterMs: this.#restartMs });
    this.#restart = clock.after(this.#restartMs, () => this.#start());
    this.#restartMs = Math.min(this.#restartMs * 2, longestRestartMs);
    onLost();
  }
}
