import type { Context } from 'koa';
import * as z from 'zod';
import { refreshBodySchema, signInBodySchema } from '#shared/protocol/account.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { httpPaths, type NonceAnswer } from '#shared/protocol/http.ts';
import { addressBlock } from '#shared/runtime/address-block.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type BucketRate, TokenBucket } from '#shared/runtime/token-bucket.ts';
import type { Authenticator } from '#ucserver/auth/index.ts';
import { bearerOf } from './bearer.ts';
import { readJson } from './body.ts';
import type { RouteSet } from './http-app.ts';

export interface AuthRoutesOptions {
  readonly authenticator: Authenticator;
  readonly perMinute: number;
  readonly clock: Clock;
}

const nothing = z.strictObject({});
/** Bounds the memory: when more addresses are known, all start anew. */
const mostAddresses = 20_000;

/** Signing in, refreshing and signing out. */
export function authRoutes({ authenticator, perMinute, clock }: AuthRoutesOptions): RouteSet {
  const rate: BucketRate = { perSecond: perMinute / 60, burst: perMinute };
  const buckets = new Map<string, TokenBucket>();

  function limit(context: Context): string {
    const address: string = context.state.address;
    const block = addressBlock(address);
    const nowMs = clock.monotonicMs();
    if (buckets.size > mostAddresses) buckets.clear();
    const bucket = buckets.get(block) ?? new TokenBucket(rate, nowMs);
    buckets.set(block, bucket);
    const waitMs = bucket.take(rate, nowMs);
    if (waitMs > 0) throw new UCError('RATE_LIMITED', undefined, { retryAfterMs: Math.min(waitMs, 60_000) });
    return address;
  }

  return (router) => {
    router.post(httpPaths.signIn, async (context) => {
      const address = limit(context);
      context.body = await authenticator.signIn(await readJson(context, signInBodySchema), address);
    });
    router.post(httpPaths.nonce, async (context) => {
      limit(context);
      await readJson(context, nothing);
      context.body = { nonce: authenticator.nonce() } satisfies NonceAnswer;
    });
    router.post(httpPaths.refresh, async (context) => {
      limit(context);
      context.body = await authenticator.refresh(await readJson(context, refreshBodySchema));
    });
    router.post(httpPaths.signOut, async (context) => {
      limit(context);
      const { userId, deviceId } = await bearerOf(context, authenticator);
      await readJson(context, nothing);
      await authenticator.signOut(userId, [deviceId]);
      context.body = {};
    });
  };
}
