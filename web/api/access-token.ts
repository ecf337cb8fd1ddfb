import type { ClientClock } from './clock.ts';
import type { SignInHttp } from './sign-in.ts';
import type { Tokens, UserId } from './types.ts';

/** A token that ends within this time is refreshed before it is used. */
const spareMs = 30_000;

/** The access token of the signed-in user. It lives in memory only; the store holds what a fresh one can be had with. */
export class AccessToken {
  readonly #http: SignInHttp;
  readonly #clock: ClientClock;
  #tokens: Tokens | undefined;
  #refreshing: Promise<Tokens | undefined> | undefined;
  /** The servers' clock minus this device's, in ms. */
  #aheadMs = 0;

  constructor(http: SignInHttp, clock: ClientClock) {
    this.#http = http;
    this.#clock = clock;
  }

  get userId(): UserId | undefined {
    return this.#tokens?.userId;
  }

  /** The token as it is, even if it has ended. */
  get present(): string | undefined {
    return this.#tokens?.accessToken;
  }

  /** The servers' time now, in milliseconds since 1970. */
  now(): number {
    return this.#clock.wallMs() + this.#aheadMs;
  }

  learnTime(serverNowMs: number): void {
    this.#aheadMs = serverNowMs - this.#clock.wallMs();
  }

  use(tokens: Tokens): void {
    this.#tokens = tokens;
  }

  forget(): void {
    this.#tokens = undefined;
  }

  /** The next {@link valid} gets a new one, because a server did not take this one. */
  distrust(): void {
    if (this.#tokens) this.#tokens = { ...this.#tokens, accessEndsAt: 0 };
  }

  /**
   * A token that is good for a while; `undefined` when there are no credentials to get one with.
   *
   * @throws UCError `TOKEN_INVALID` when a password is needed. @throws NoServerAnswered
   */
  async valid(): Promise<string | undefined> {
    if (this.#tokens && this.#tokens.accessEndsAt - this.now() > spareMs) return this.#tokens.accessToken;
    return this.renewed();
  }

  /** A new token whatever the age of the present one. Throws like {@link valid}. */
  async renewed(): Promise<string | undefined> {
    this.#refreshing ??= this.#http.refresh().finally(() => {
      this.#refreshing = undefined;
    });
    this.#tokens = await this.#refreshing;
    return this.#tokens?.accessToken;
  }
}
