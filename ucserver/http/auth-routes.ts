import type { Context } from 'koa';
import * as z from 'zod';
import { refreshBodySchema, signInBodySchema } from '#shared/protocol/account.ts';
import { httpPaths, type NonceAnswer } from '#shared/protocol/http.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Authenticator } from '#ucserver/auth/index.ts';
import { AddressRate } from './address-rate.ts';
import { bearerOf } from './bearer.ts';
import { readJson } from './body.ts';
import type { RouteSet } from './http-app.ts';

export interface AuthRoutesOptions {
  readonly authenticator: Authenticator;
  readonly perMinute: number;
  readonly clock: Clock;
}

const nothing = z.strictObject({});

/** Signing in, refreshing and signing out. */
export function authRoutes({ authenticator, perMinute, clock }: AuthRoutesOptions): RouteSet {
  const rate = new AddressRate(perMinute, clock);

  function limit(context: Context): string {
    const address: string = context.state.address;
    rate.take(address);
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
