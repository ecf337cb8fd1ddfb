import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** How much time is left for stopping. */
export interface Deadline {
  remainingMs(): number;
}

/** Something of a process that is started and stopped. */
export interface Part {
  readonly name: string;
  start?(): void | Promise<void>;
  /** Stops orderly, within the deadline; not waited for beyond it. */
  stop?(deadline: Deadline): void | Promise<void>;
}

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For all parts together; default 10 s. */
  readonly stopLimitMs?: number;
}

/** What {@link Lifecycle.stopOnSignals} needs of `process`. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/**
 * Starts the parts of a process in the order in which they were added and stops them in the reverse order, so that a part
 * may use what was added before it at any time.
 */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stopLimitMs: number;
  readonly #parts: Part[] = [];
  readonly #started: Part[] = [];
  #stopping: Promise<void> | undefined;

  constructor({ clock, logger, stopLimitMs = 10_000 }: LifecycleOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#stopLimitMs = stopLimitMs;
  }

  /** Adds a part; before {@link start}. */
  add(part: Part): void {
    this.#parts.push(part);
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Starts all parts. If one fails, those before it are stopped and its error is thrown. */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      if (this.isStopping) return;
      try {
        await part.start?.();
        this.#started.push(part);
      } catch (error) {
        await this.stop(`${part.name} could not start`);
        throw error;
      }
    }
  }

  /**
   * Stops what was started. When the time is over, the remaining parts are told to stop at once and not waited for. Never
   * throws: a part that fails to stop is logged and the others are stopped all the same. A second call awaits the first.
   */
  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#stopAll(reason);
    return this.#stopping;
  }

  /**
   * Calls `stop` at SIGTERM or SIGINT, and then `ended`; a second signal calls `ended` at once.
   *
   * @returns a function that stops listening for signals.
   */
  stopOnSignals(source: SignalSource, ended: () => void): () => void {
    const signals = ['SIGTERM', 'SIGINT'] as const;
    const listeners = signals.map((signal) => {
      const listener = () => {
        if (this.isStopping) ended();
        else void this.stop(signal).then(ended);
      };
      source.on(signal, listener);
      return () => source.off(signal, listener);
    });
    return () => {
      for (const forget of listeners) forget();
    };
  }

  async #stopAll(reason: string): Promise<void> {
    const endMs = this.#clock.monotonicMs() + this.#stopLimitMs;
    const deadline: Deadline = { remainingMs: () => Math.max(0, endMs - this.#clock.monotonicMs()) };
    this.#logger.info('stopping', { reason });
    for (let part = this.#started.pop(); part; part = this.#started.pop()) {
      const stopped = this.#stopPart(part, deadline);
      const inTime = await this.#within(deadline, stopped);
      if (!inTime) this.#logger.warn('a part did not stop in time', { part: part.name });
    }
    this.#logger.info('stopped', { reason });
  }

  async #stopPart(part: Part, deadline: Deadline): Promise<void> {
    try {
      await part.stop?.(deadline);
    } catch (error) {
      this.#logger.error('a part failed to stop', { part: part.name, error });
    }
  }

  /** Whether the promise settles before the deadline. */
  async #within(deadline: Deadline, stopped: Promise<void>): Promise<boolean> {
    let settle: (inTime: boolean) => void = () => undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const timer = this.#clock.after(deadline.remainingMs(), () => settle(false));
    const inTime = await Promise.race([stopped.then(() => true), tooLate]);
    timer.stop();
    return inTime;
  }
}
