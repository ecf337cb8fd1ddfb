import { type KeyObject, verify } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, SignJWT } from 'jose';
import * as z from 'zod';
import { type DeviceId, deviceIdSchema, randomId, type UserId, userIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type DeviceKey, deviceKeySchema } from './device-key.ts';
import type { KeyRing } from './key-ring.ts';

/** Who a token speaks for. */
export interface Bearer {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** The user's token generation when the token was made. */
  readonly generation: number;
  /** Wall ms at which the password was given; refreshing does not move it. Default for a new token: now. */
  readonly signedInAt?: number;
}

export interface AccessToken extends Bearer {
  readonly signedInAt: number;
  /** Wall ms. */
  readonly issuedAt: number;
  /** Wall ms. */
  readonly endsAt: number;
}

export interface RefreshToken extends AccessToken {
  /** The key whose private half must prove every use (RFC 7800). */
  readonly key: DeviceKey;
}

export interface Issued {
  readonly token: string;
  /** Wall ms. */
  readonly endsAt: number;
}

export interface TokensOptions {
  readonly keys: KeyRing;
  /** Tokens of other meshes are refused. */
  readonly meshId: string;
  readonly accessMs: number;
  readonly refreshMs: number;
  readonly clock: Clock;
}

type Kind = 'access' | 'refresh';

/** Strict, so that a token that wants something understood which is not understood here (`crit`) is refused. */
const headerSchema = z.strictObject({ alg: z.literal('EdDSA'), kid: z.string(), typ: z.string() });

const claimsSchema = z.object({
  iss: z.string(),
  sub: userIdSchema,
  device: deviceIdSchema,
  generation: z.int().min(0),
  iat: z.number(),
  auth_time: z.number(),
  exp: z.number(),
  cnf: z.object({ jwk: deviceKeySchema }).optional(),
});

/** How far the clocks of servers may part, in seconds. */
const skewSeconds = 5;

/** Makes and reads tokens (JWT signed with Ed25519, RFC 7519 and 8037). Every server of the mesh recognises them by itself. */
export class TokenIssuer {
  readonly #options: TokensOptions;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** @throws UCError `STORAGE_UNAVAILABLE` when there is no key to sign with yet. */
  access(bearer: Bearer): Promise<Issued> {
    return this.#sign('access', bearer, this.#options.accessMs, {});
  }

  /** @throws UCError `STORAGE_UNAVAILABLE` when there is no key to sign with yet. */
  refresh(bearer: Bearer, key: DeviceKey): Promise<Issued> {
    return this.#sign('refresh', bearer, this.#options.refreshMs, { cnf: { jwk: key } });
  }

  /** @throws UCError `TOKEN_INVALID`. */
  readAccess(token: string): AccessToken {
    const { cnf: _, ...access } = this.#read('access', token);
    return access;
  }

  /** @throws UCError `TOKEN_INVALID`. */
  readRefresh(token: string): RefreshToken {
    const { cnf, ...bearer } = this.#read('refresh', token);
    if (!cnf) throw new UCError('TOKEN_INVALID');
    return { ...bearer, key: cnf.jwk };
  }

  async #sign(
    kind: Kind,
    { userId, deviceId, generation, signedInAt }: Bearer,
    lifeMs: number,
    more: JWTPayload,
  ): Promise<Issued> {
    const { keys, clock } = this.#options;
    const key = keys.current();
    const now = clock.wallMs();
    const endsAt = now + lifeMs;
    // NumericDate may have a fraction: revocations are compared to the millisecond.
    const times = { iat: now / 1_000, exp: endsAt / 1_000, auth_time: (signedInAt ?? now) / 1_000 };
    const token = await new SignJWT({
      ...more,
      ...times,
      sub: userId,
      device: deviceId,
      generation,
      jti: randomId(),
      iss: this.#issuer,
    })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: typeOf(kind) })
      .sign(key.privateKey);
    return { token, endsAt };
  }

  #read(kind: Kind, token: string): AccessToken & { cnf: z.infer<typeof claimsSchema>['cnf'] } {
    const { keys, clock } = this.#options;
    try {
      const { kid, typ } = headerSchema.parse(decodeProtectedHeader(token));
      const key = keys.publicKey(kid);
      if (!key || typ !== typeOf(kind) || !isSigned(token, key)) throw new UCError('TOKEN_INVALID');
      const { iss, sub, device, generation, iat, exp, auth_time: signedIn, cnf } = claimsSchema.parse(decodeJwt(token));
      const isOver = exp <= clock.wallMs() / 1_000 - skewSeconds;
      if (iss !== this.#issuer || isOver) throw new UCError('TOKEN_INVALID');
      const times = { signedInAt: signedIn * 1_000, issuedAt: iat * 1_000, endsAt: exp * 1_000 };
      return { userId: sub, deviceId: device, generation, ...times, cnf };
    } catch (cause) {
      // What jose cannot decode it throws as a TypeError.
      if (cause instanceof errors.JOSEError || cause instanceof z.ZodError || cause instanceof TypeError)
        throw new UCError('TOKEN_INVALID', undefined, { cause });
      throw cause;
    }
  }

  get #issuer(): string {
    return `ucmesh:${this.#options.meshId}`;
  }
}

/**
 * Whether the signature (RFC 7515, compact form) is that of the key. In this thread: for so little work, to hand it to another one
 * and to wait for that costs more than it takes.
 */
function isSigned(token: string, key: KeyObject): boolean {
  const [header = '', payload = '', signature = '', ...more] = token.split('.');
  return more.length === 0 && verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
}

/** RFC 9068 names the type of access tokens; the other cannot be passed for it. */
function typeOf(kind: Kind): string {
  return kind === 'access' ? 'at+jwt' : 'rt+jwt';
}
