import { type ErrorCode, UCError, type WireError } from '#shared/protocol/errors.ts';
import { type HttpError, httpPaths, type NonceAnswer, type ServersAnswer } from '#shared/protocol/http.ts';
import type { CredentialStore, Credentials } from './client-store.ts';
import type { Device } from './device.ts';
import { createDeviceKey, type DeviceKey, publicKeyOf, signNonce } from './device-key.ts';
import type { ServerAddress, Tokens } from './types.ts';

/** No server answered an HTTP request. */
export class NoServerAnswered extends Error {
  override readonly name = 'NoServerAnswered';
}

export interface SignInHttpOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly store: CredentialStore;
  /** Origins in the order to try them. */
  readonly servers: () => readonly string[];
}

/** How long a server may take to answer; hashing a password under load takes its time. */
const answerWithinMs = 8_000;

/** The HTTP part of signing in: passwords, refresh tokens and the proof of the device's key. The access token is only returned. */
export class SignInHttp {
  readonly #options: SignInHttpOptions;

  constructor(options: SignInHttpOptions) {
    this.#options = options;
  }

  /** @throws UCError `SIGN_IN_FAILED`, `RATE_LIMITED`, `BUSY`. @throws NoServerAnswered */
  async withPassword(signIn: string, password: string, device: Device): Promise<Tokens> {
    const key = await createDeviceKey();
    const body = { signIn, password, device, key: await publicKeyOf(key) };
    const tokens = await this.#anyServer((url) => this.#post<Tokens>(url, httpPaths.signIn, body));
    await this.#keep(tokens, key);
    return tokens;
  }

  /**
   * A new access token for the stored credentials; `undefined` when there are none.
   *
   * @throws UCError `TOKEN_INVALID` when a password is needed. @throws NoServerAnswered
   */
  refresh(): Promise<Tokens | undefined> {
    const { store } = this.#options;
    return store.exclusively('refresh', async () => {
      const known = await store.get('credentials');
      if (!known) return undefined;
      // The token is read and replaced under one lock: another tab may have refreshed meanwhile.
      const tokens = await this.#anyServer(async (url) => {
        const { nonce } = await this.#post<NonceAnswer>(url, httpPaths.nonce, {});
        const signature = await signNonce(known.key, nonce);
        return this.#post<Tokens>(url, httpPaths.refresh, { refreshToken: known.refreshToken, nonce, signature });
      });
      await this.#keep(tokens, known.key);
      return tokens;
    });
  }

  /** Tells the servers, as far as one can be reached, and forgets the credentials in any case. */
  async signOut(accessToken: string | undefined): Promise<void> {
    try {
      if (accessToken !== undefined) await this.#anyServer((url) => this.#post(url, httpPaths.signOut, {}, accessToken));
    } catch (error) {
      if (!(error instanceof UCError || error instanceof NoServerAnswered)) throw error;
    } finally {
      await this.#options.store.remove('credentials');
    }
  }

  /** @throws NoServerAnswered */
  async servers(): Promise<readonly ServerAddress[]> {
    const answer = await this.#anyServer((url) => this.#ask<ServersAnswer>(url, httpPaths.servers, { method: 'GET' }));
    return answer.servers;
  }

  /** A request with the access token to the first server that answers, for example for a picture. @throws UCError @throws NoServerAnswered */
  authorised(path: string, accessToken: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${accessToken}` };
    return this.#anyServer((url) => this.#fetch(url, path, { ...init, headers }));
  }

  async #keep({ userId, refreshToken, refreshEndsAt }: Tokens, key: DeviceKey): Promise<void> {
    const credentials: Credentials = { userId, refreshToken, refreshEndsAt, key };
    await this.#options.store.set('credentials', credentials);
  }

  /** What concerns the request is thrown at once; a server that is away, draining or full leaves it to the next. */
  async #anyServer<T>(ask: (url: string) => Promise<T>): Promise<T> {
    let failure: UCError | undefined;
    for (const url of this.#options.servers()) {
      try {
        return await ask(url);
      } catch (error) {
        if (error instanceof UCError) {
          if (!error.retryable || error.code === 'RATE_LIMITED') throw error;
          failure = error;
        } else if (!isUnreachable(error)) throw error;
      }
    }
    throw failure ?? new NoServerAnswered('No server answers');
  }

  #post<T>(url: string, path: string, body: object, accessToken?: string): Promise<T> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (accessToken !== undefined) headers.authorization = `Bearer ${accessToken}`;
    return this.#ask(url, path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #ask<T>(url: string, path: string, init: RequestInit): Promise<T> {
    const response = await this.#fetch(url, path, init);
    return (await response.json()) as T;
  }

  async #fetch(url: string, path: string, init: RequestInit): Promise<Response> {
    const { fetch } = this.#options;
    const response = await fetch(new URL(path, url), {
      cache: 'no-store',
      ...init,
      credentials: 'omit',
      signal: AbortSignal.any([AbortSignal.timeout(answerWithinMs), ...(init.signal ? [init.signal] : [])]),
    });
    if (response.ok) return response;
    const wire = wireErrorOf(await response.text());
    throw wire ? UCError.fromWire(wire) : new UCError(codesOfStatus[response.status] ?? 'INTERNAL', `Answer ${response.status}`);
  }
}

/** What is meant where an answer has no body: to HEAD, or from a proxy. */
const codesOfStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'TOKEN_INVALID',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  503: 'BUSY',
};

function wireErrorOf(body: string): WireError | undefined {
  try {
    const { error } = JSON.parse(body) as Partial<HttpError>;
    return error;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `fetch` throws TypeError when there is no connection and a DOMException when its time is up. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}
