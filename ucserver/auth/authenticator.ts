import type * as z from 'zod';
import type { DeviceId, UserId } from '#shared/ids.ts';
import type { refreshBodySchema, signInBodySchema, Tokens } from '#shared/protocol/account.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { checkDeviceKey, type DeviceKey, provesKey, thumbprint } from './device-key.ts';
import type { DeviceLog, NewDevice } from './device-log.ts';
import type { Nonces } from './nonces.ts';
import type { Passwords } from './passwords.ts';
import { concerns, type Revocations } from './revocations.ts';
import { foldSignIn } from './sign-in-name.ts';
import type { Throttle } from './throttle.ts';
import type { AccessToken, Bearer, TokenIssuer } from './tokens.ts';

/** What signing in needs to know of a user. */
export interface AuthUser {
  readonly id: UserId;
  /** null: cannot sign in with a password. */
  readonly verifier: string | null;
  readonly locked: boolean;
  /** Tokens of a lower generation are void. */
  readonly tokenGeneration: number;
}

/** The users, in memory: signing in does not wait for SQL. */
export interface AuthUsers {
  /** @param signIn folded. */
  bySignIn(signIn: string): AuthUser | undefined;
  get(userId: UserId): AuthUser | undefined;
  all(): Iterable<AuthUser>;
  onChange(listener: (userIds: readonly UserId[]) => void): () => void;
  /** Replaces a verifier, unless it is no longer `before`. */
  replaceVerifier(userId: UserId, before: string, verifier: string): Promise<void>;
}

/** Sessions that must end: those of this user for whose device and token `includes` answers true. */
export interface SignedOut {
  readonly userId: UserId;
  readonly reason: 'signedOut' | 'locked';
  /** @param signedInAt When the password was given for the session's token, wall ms. */
  includes(deviceId: DeviceId, signedInAt: number): boolean;
}

export interface AuthenticatorOptions {
  readonly users: AuthUsers;
  readonly passwords: Passwords;
  readonly throttle: Throttle;
  readonly tokens: TokenIssuer;
  readonly nonces: Nonces;
  readonly revocations: Revocations;
  readonly devices: DeviceLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who is who: passwords for tokens, tokens for tokens, tokens for identities, and the end of all that. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #listeners: ((signedOut: SignedOut) => void)[] = [];
  /** The generation and lock of each user as of the last look, to notice when one rises. */
  readonly #seen = new Map<UserId, { generation: number; locked: boolean }>();
  #unlisten: (() => void) | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    options.revocations.onRevoked((revocation) => {
      const { userId } = revocation;
      this.#tell({ userId, reason: 'signedOut', includes: (deviceId, signedInAt) => concerns(revocation, deviceId, signedInAt) });
    });
  }

  start(): void {
    const { users } = this.#options;
    for (const { id, tokenGeneration, locked } of users.all()) this.#seen.set(id, { generation: tokenGeneration, locked });
    this.#unlisten = users.onChange((userIds) => {
      for (const userId of userIds) this.#look(userId);
    });
  }

  stop(): void {
    this.#unlisten?.();
  }

  /**
   * @param address of the client, for throttling
   * @throws UCError `SIGN_IN_FAILED`, `RATE_LIMITED`, `BUSY`, `BAD_REQUEST`.
   */
  async signIn({ signIn, password, device, key }: z.output<typeof signInBodySchema>, address: string): Promise<Tokens> {
    const { users, passwords, throttle } = this.#options;
    checkDeviceKey(key);
    const name = foldSignIn(signIn);
    const attempt = throttle.begin(name, address);
    const user = users.bySignIn(name);
    const verifier = user?.verifier ?? null;
    let verdict: Awaited<ReturnType<Passwords['verify']>>;
    try {
      verdict = await passwords.verify(password, verifier);
    } catch (error) {
      attempt.withdrawn();
      throw error;
    }
    if (!user || !verdict.matches || user.locked) throw new UCError('SIGN_IN_FAILED');
    attempt.succeeded();
    if (verdict.outdated && verifier !== null) void this.#renewVerifier(user.id, verifier, password);
    const bearer = { userId: user.id, deviceId: device.id, generation: user.tokenGeneration };
    const { name: deviceName, kind } = device;
    return this.#issue(bearer, key, { name: deviceName, kind, key, keyThumbprint: thumbprint(key) });
  }

  nonce(): string {
    return this.#options.nonces.create();
  }

  /** @throws UCError `TOKEN_INVALID`. */
  async refresh({ refreshToken, nonce, signature }: z.output<typeof refreshBodySchema>): Promise<Tokens> {
    const { tokens, nonces } = this.#options;
    const token = tokens.readRefresh(refreshToken);
    const user = this.#check(token);
    nonces.use(nonce);
    if (!provesKey(token.key, nonce, signature)) throw new UCError('TOKEN_INVALID', 'The signature does not prove the key.');
    return this.#issue({ ...token, generation: user.tokenGeneration }, token.key);
  }

  /** Who an access token speaks for. @throws UCError `TOKEN_INVALID` when it is not valid, has ended or was revoked. */
  async authenticate(accessToken: string): Promise<AccessToken> {
    const token = this.#options.tokens.readAccess(accessToken);
    this.#check(token);
    return token;
  }

  /**
   * Whether this is the user's password, before they may change something that needs it.
   * @throws UCError `RATE_LIMITED` after too many wrong ones, `BUSY`.
   */
  async provePassword(userId: UserId, password: string): Promise<boolean> {
    const { users, passwords, throttle } = this.#options;
    // No folded sign-in name holds a line break, so nobody can use up these attempts from outside.
    const attempt = throttle.begin(`\n${userId}`, `\n${userId}`);
    try {
      const { matches } = await passwords.verify(password, users.get(userId)?.verifier ?? null);
      if (matches) attempt.succeeded();
      return matches;
    } catch (error) {
      attempt.withdrawn();
      throw error;
    }
  }

  /** Signs devices of a user out everywhere; null: all of them. */
  signOut(userId: UserId, devices: readonly DeviceId[] | null): Promise<void> {
    return this.#options.revocations.revoke(userId, devices);
  }

  /** Heard on every server within a second of the sign-out; whoever holds sessions ends them. */
  onSignedOut(listener: (signedOut: SignedOut) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether a token that was read a moment ago still holds: the device was not signed out, the person not locked meanwhile. */
  holds(token: Required<Bearer>): boolean {
    return this.#userOf(token) !== undefined;
  }

  #check(token: AccessToken): AuthUser {
    const user = this.#userOf(token);
    if (!user) throw new UCError('TOKEN_INVALID');
    return user;
  }

  #userOf({ userId, deviceId, generation, signedInAt }: Required<Bearer>): AuthUser | undefined {
    const user = this.#options.users.get(userId);
    if (!user || user.locked || generation < user.tokenGeneration) return undefined;
    // Not when the token was issued: a server that has not heard of a sign-out yet may still have refreshed it.
    return this.#options.revocations.includes(userId, deviceId, signedInAt) ? undefined : user;
  }

  async #issue(bearer: Bearer, key: DeviceKey, signedIn?: NewDevice): Promise<Tokens> {
    const { tokens, devices, clock } = this.#options;
    const { userId, deviceId } = bearer;
    const [access, refresh] = await Promise.all([tokens.access(bearer), tokens.refresh(bearer, key)]);
    devices.add({ userId, deviceId, usedAt: clock.wallMs(), refreshUntil: refresh.endsAt, signedIn });
    return {
      userId,
      accessToken: access.token,
      accessEndsAt: access.endsAt,
      refreshToken: refresh.token,
      refreshEndsAt: refresh.endsAt,
    };
  }

  async #renewVerifier(userId: UserId, before: string, password: string): Promise<void> {
    const { users, passwords, logger } = this.#options;
    try {
      await users.replaceVerifier(userId, before, await passwords.hash(password));
    } catch (error) {
      logger.info('A password verifier was not renewed; the next sign-in tries again', { userId, error });
    }
  }

  #look(userId: UserId): void {
    const user = this.#options.users.get(userId);
    const before = this.#seen.get(userId);
    if (user) this.#seen.set(userId, { generation: user.tokenGeneration, locked: user.locked });
    else this.#seen.delete(userId);
    if (!before) return;
    const everything = () => true;
    if (!user || (user.locked && !before.locked)) this.#tell({ userId, reason: 'locked', includes: everything });
    else if (user.tokenGeneration > before.generation) this.#tell({ userId, reason: 'signedOut', includes: everything });
  }

  #tell(signedOut: SignedOut): void {
    for (const listener of this.#listeners) listener(signedOut);
  }
}
