import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** Operations on the shared folder that run at once; the runtime has few threads for files, and the spool needs some. */
const mostAtOnce = 2;
/** How long one operation may take. */
const limitMs = 10_000;

/**
 * The door to the shared folder. A folder on another machine may stop answering for ever; then the operations under way stay
 * where they are, and all others fail at once, so that nothing else of the server waits for it.
 */
export class StoreGate {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #overdue = 0;
  #problem: string | undefined = 'not looked at yet';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Why the folder cannot be used; `undefined` when it can. */
  get problem(): string | undefined {
    return this.#overdue > 0 ? 'it does not answer' : this.#problem;
  }

  /** @param problem `undefined`: it can be used. */
  judge(problem: string | undefined): void {
    this.#problem = problem;
  }

  /** @throws UCError `STORAGE_UNAVAILABLE`; else whatever `operation` throws. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    const { problem } = this;
    return problem === undefined ? this.#within(operation) : Promise.reject(unavailable(problem));
  }

  /** Like {@link run}, also while the folder is judged to be away; for looking whether it is back. */
  look<T>(operation: () => Promise<T>): Promise<T> {
    return this.#overdue > 0 ? Promise.reject(unavailable('it does not answer')) : this.#within(operation);
  }

  async #within<T>(operation: () => Promise<T>): Promise<T> {
    while (this.#running >= mostAtOnce) await this.#turn();
    this.#running += 1;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let isOverdue = false;
    const timer = this.#clock.after(limitMs, () => {
      isOverdue = true;
      this.#overdue += 1;
      reject(unavailable('it does not answer'));
    });
    operation()
      .then(resolve, reject)
      .finally(() => {
        timer.stop();
        if (isOverdue) this.#overdue -= 1;
        this.#running -= 1;
        this.#waiting.shift()?.();
      });
    return promise;
  }

  async #turn(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = this.#clock.after(limitMs, () => {
      this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
      reject(unavailable('it is busy'));
    });
    await promise.finally(() => timer.stop());
  }
}

export function unavailable(problem: string, cause?: unknown): UCError {
  return new UCError('STORAGE_UNAVAILABLE', `The store of files is away: ${problem}.`, {
    retryAfterMs: 2_000,
    ...(cause === undefined ? {} : { cause }),
  });
}
