import type { Clock } from '#shared/runtime/clock.ts';
import { CommitError, LateError } from './errors.ts';

/** One try to do something with SQL Server, which is given up when it takes too long. */
export class Attempt {
  #state: 'open' | 'committing' | 'givenUp' = 'open';

  /** @throws LateError after `withinMs`, if that is given; {@link CommitError} when a commit was on its way then. */
  static async run<T>(clock: Clock, withinMs: number | undefined, act: (attempt: Attempt) => Promise<T>): Promise<T> {
    const attempt = new Attempt();
    if (withinMs === undefined) return act(attempt);
    const tooLate = Promise.withResolvers<never>();
    const timer = clock.after(Math.max(0, withinMs), () => tooLate.reject(attempt.#giveUp()));
    const acting = act(attempt);
    // What comes of it after it was given up concerns nobody.
    acting.catch(() => undefined);
    try {
      return await Promise.race([acting, tooLate.promise]);
    } finally {
      timer.stop();
    }
  }

  /** Whether a commit may be sent: not once the caller was told that nothing was stored. */
  beginCommit(): boolean {
    if (this.#state === 'givenUp') return false;
    this.#state = 'committing';
    return true;
  }

  #giveUp(): Error {
    const late = new LateError('no answer in time');
    if (this.#state === 'committing') return new CommitError('no answer to the commit in time', { cause: late });
    this.#state = 'givenUp';
    return late;
  }
}
