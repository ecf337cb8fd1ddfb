import { UCError } from '#shared/protocol/errors.ts';
import { withActId } from './acts.ts';
import { spreadMs } from './backoff.ts';
import { type ClientState, noSession } from './client-state.ts';
import { type ClientClock, pause } from './clock.ts';
import { type Connection, ConnectionLost } from './connection.ts';
import type { Unsubscribe } from './emitter.ts';
import type { MethodName } from './types.ts';

export interface CallOptions {
  /** How long to wait for the answer, over reconnects if need be; then `OUTCOME_UNKNOWN`. Default 30,000. */
  readonly timeoutMs?: number;
  /** Repeats the request when the server says so (`NOT_OWNER`, `RATE_LIMITED` …). Default true. */
  readonly retry?: boolean;
}

export interface CallsOptions {
  readonly clock: ClientClock;
  readonly random: () => number;
  /** The connection of the open session. */
  readonly connection: () => Connection | undefined;
  readonly state: () => ClientState;
  readonly onState: (listener: () => void) => Unsubscribe;
}

/** Errors after which the same request is sent again without asking anybody. */
const repeated: ReadonlySet<string> = new Set(['NOT_OWNER', 'RATE_LIMITED', 'BUSY', 'SHUTTING_DOWN']);

/** Requests that outlive connections: they wait for a session, and what was not answered is sent again on the next one. */
export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Unchecked; `Client.call` is the typed way. @throws UCError */
  async ask(method: MethodName, params: object, { timeoutMs = 30_000, retry = true }: CallOptions = {}): Promise<unknown> {
    const { clock, random } = this.#options;
    const asked = withActId(method, params);
    const deadline = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const connection = await this.#whenOpen(deadline);
      try {
        return await this.#inTime(deadline, connection.request(method, asked));
      } catch (error) {
        if (error instanceof ConnectionLost) continue;
        if (!(error instanceof UCError) || !retry || !repeated.has(error.code)) throw error;
        const waitMs = spreadMs(error.retryAfterMs ?? 100, random());
        if (clock.monotonicMs() + waitMs >= deadline) throw error;
        await pause(clock, waitMs);
      }
    }
  }

  #whenOpen(deadline: number): Promise<Connection> {
    const { connection, state, onState, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const look = () => {
        const open = connection();
        const { phase } = state();
        if (open && !open.ended) settle(() => resolve(open));
        else if (phase === 'signedOut' || phase === 'stopped') settle(() => reject(noSession(state())));
      };
      const settle = (act: () => void) => {
        timer.stop();
        off();
        act();
      };
      const off = onState(look);
      const late = () => settle(() => reject(new UCError('OUTCOME_UNKNOWN')));
      const timer = clock.after(Math.max(0, deadline - clock.monotonicMs()), late);
      look();
    });
  }

  #inTime<T>(deadline: number, answer: Promise<T>): Promise<T> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const late = () => reject(new UCError('OUTCOME_UNKNOWN'));
      const timer = clock.after(Math.max(0, deadline - clock.monotonicMs()), late);
      answer.then(resolve, reject).finally(() => timer.stop());
    });
  }
}
