import type { WireEvent } from '#shared/protocol/envelope.ts';
import { type ErrorCode, UCError } from '#shared/protocol/errors.ts';
import type { AccessToken } from './access-token.ts';
import { openWithinMs, retryDelayMs, spreadMs } from './backoff.ts';
import { afterEnding, type ClientState, type SignedOutReason } from './client-state.ts';
import type { ClientClock, ClientTimer } from './clock.ts';
import type { Connection, Ending } from './connection.ts';
import type { Candidate } from './server-list.ts';
import { type Opening, openSession, type Target } from './session-opener.ts';
import { NoServerAnswered } from './sign-in.ts';
import type { ParamsIn, Welcome } from './types.ts';

export interface SessionKeeperOptions {
  readonly clock: ClientClock;
  readonly WebSocket: typeof globalThis.WebSocket;
  readonly random: () => number;
  readonly token: AccessToken;
  /** In the order to try. */
  readonly candidates: () => readonly Candidate[];
  readonly params: () => Omit<ParamsIn<'session.open'>, 'token' | 'ticket' | 'unreachable'>;
  readonly onState: (state: ClientState) => void;
  /** Just before the state is `open`. */
  readonly onOpened: (welcome: Welcome, url: string) => void;
  readonly onEvents: (events: readonly WireEvent[]) => void;
}

/** A session is renewed this long before its token ends, or after half of a shorter life. */
const renewBeforeMs = 90_000;
const renewAgainMs = 5_000;

/**
 * Keeps one session open: opens it, waits for its end, reads why, opens the next one, until it is stopped, a password is needed
 * or a close code says to give up. One keeper runs once.
 */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  #connection: Connection | undefined;
  #renewal: ClientTimer | undefined;
  #target: Target | undefined;
  #ended: ((ending: Ending) => void) | undefined;
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  /** The connection of the open session. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Ends everything at once, without a word to the server and without a state. */
  stop(): void {
    this.#stopped = true;
    this.#leave();
    this.#wake?.();
    // Whoever waits for the end of the session is let go.
    this.#ended?.({ code: 1000 });
  }

  /** Waits no longer before the next try, or makes the open connection prove that it lives. */
  retryNow(): void {
    this.#wake?.();
    this.#connection?.prove();
  }

  /** Leaves the present server for another one that waits for this session. */
  moveTo(target: Target): void {
    this.#target = target;
    this.#leave();
    this.#ended?.({ code: 1000 });
  }

  /** Resolves with why there will be no further session; never rejects for what happens on the network. */
  async run(): Promise<ClientState | undefined> {
    let failedRounds = 0;
    let refusedTokens = 0;
    let lostAt: number | undefined;
    let because: ErrorCode | undefined;
    while (!this.#stopped) {
      const opening = await this.#open(failedRounds);
      if (this.#stopped) {
        if (opening.kind === 'open') opening.connection.close();
        return undefined;
      }
      if (opening.kind === 'refused') {
        if (!aboutToken(opening.error)) return { phase: 'stopped', reason: 'malformed' };
        if (++refusedTokens > 1) return signedOut('tokenEnded');
        this.#options.token.distrust();
        continue;
      }
      if (opening.kind === 'needsPassword') return signedOut('tokenEnded');
      if (opening.kind !== 'open') {
        failedRounds += 1;
        const { random } = this.#options;
        if (opening.because?.code !== because) {
          because = opening.because?.code;
          this.#connecting(lostAt, opening.because);
        }
        await this.#rest(
          opening.kind === 'busy' ? spreadMs(opening.retryAfterMs, random()) : retryDelayMs(failedRounds, random()),
        );
        continue;
      }
      failedRounds = 0;
      because = undefined;
      const openedAt = this.#options.clock.monotonicMs();
      const ending = await this.#serve(opening);
      if (this.#stopped) return undefined;
      const next = afterEnding(ending);
      if (typeof next === 'object') return { phase: 'stopped', reason: next.stop };
      if (next === 'signedOut') return signedOut('signedOut');
      if (next === 'refresh') {
        // A session that lasted shows that the token was good; one that ended at once after a fresh token will not get better.
        refusedTokens = this.#options.clock.monotonicMs() - openedAt > renewBeforeMs ? 1 : refusedTokens + 1;
        if (refusedTokens > 1) return signedOut('tokenEnded');
        this.#options.token.distrust();
      } else refusedTokens = 0;
      lostAt = this.#options.clock.monotonicMs();
      this.#connecting(lostAt, undefined);
      if (this.#target === undefined) await this.#rest(retryDelayMs(next === 'later' ? 2 : 0, this.#options.random()));
    }
    return undefined;
  }

  #connecting(since: number | undefined, because: UCError | undefined): void {
    this.#options.onState({
      phase: 'connecting',
      ...(since === undefined ? {} : { since }),
      ...(because === undefined ? {} : { because }),
    });
  }

  async #open(failedRounds: number): Promise<Opening | { readonly kind: 'needsPassword' }> {
    const { token, clock, WebSocket, candidates, params, onEvents } = this.#options;
    const target = this.#target;
    this.#target = undefined;
    try {
      const valid = await token.valid();
      if (valid === undefined) return { kind: 'needsPassword' };
      return await openSession({
        clock,
        WebSocket,
        target,
        candidates: candidates(),
        openWithinMs: openWithinMs(failedRounds),
        params: { ...params(), token: valid },
        onEvents,
        onEnded: (ending) => this.#ended?.(ending),
      });
    } catch (error) {
      if (error instanceof NoServerAnswered) return { kind: 'none' };
      if (!(error instanceof UCError)) throw error;
      if (!error.retryable) return { kind: 'needsPassword' };
      return { kind: 'busy', retryAfterMs: error.retryAfterMs ?? 1_000 };
    }
  }

  /** Resolves when the session has ended. */
  #serve({ connection, welcome, url }: Opening & { kind: 'open' }): Promise<Ending> {
    return new Promise((resolve) => {
      this.#ended = (ending) => {
        this.#ended = undefined;
        this.#leave();
        resolve(ending);
      };
      if (connection.ended) return this.#ended({ code: 1006 });
      this.#connection = connection;
      const { token, onOpened, onState } = this.#options;
      token.learnTime(welcome.now);
      this.#renewIn(connection, welcome.tokenEndsAt - welcome.now);
      onOpened(welcome, url);
      onState({ phase: 'open', welcome });
    });
  }

  #leave(): void {
    this.#renewal?.stop();
    this.#connection?.close();
    this.#connection = undefined;
  }

  #renewIn(connection: Connection, lifeMs: number): void {
    const delayMs = Math.max(renewAgainMs, lifeMs / 2, lifeMs - renewBeforeMs - this.#options.random() * 10_000);
    this.#renewal = this.#options.clock.after(delayMs, () => void this.#renew(connection));
  }

  /** A failure leaves the session to its end; the next one is opened with a new token or ends in a password. */
  async #renew(connection: Connection): Promise<void> {
    const { token } = this.#options;
    try {
      const renewed = await token.renewed();
      if (renewed === undefined || connection !== this.#connection) return;
      const { tokenEndsAt } = (await connection.request('session.renew', { token: renewed })) as { tokenEndsAt: number };
      if (connection === this.#connection) this.#renewIn(connection, tokenEndsAt - token.now());
    } catch (error) {
      if (error instanceof UCError && !error.retryable) return;
      if (connection === this.#connection)
        this.#renewal = this.#options.clock.after(renewAgainMs, () => void this.#renew(connection));
    }
  }

  #rest(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(delayMs, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        timer.stop();
        resolve();
      };
    });
  }
}

function signedOut(reason: SignedOutReason): ClientState {
  return { phase: 'signedOut', reason };
}

function aboutToken({ code }: UCError): boolean {
  return code === 'TOKEN_INVALID' || code === 'NOT_SIGNED_IN' || code === 'SIGN_IN_FAILED';
}
