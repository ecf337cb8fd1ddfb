import * as z from 'zod';
import { actIdSchema, deviceIdSchema, serverIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';
import { text, timestamp } from './text.ts';

export const languageSchema = z.enum(['en', 'de']);

const timeZoneSchema = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Longest and shortest password; long ones are welcome, the limit only bounds the work of hashing. */
export const passwordSchema = z.string().min(10, 'must have at least 10 characters').max(256, 'must have at most 256 characters');

export const accountSchema = z.object({
  userId: userIdSchema,
  signIn: z.string(),
  name: z.string(),
  email: z.string(),
  administrator: z.boolean(),
  homeServer: serverIdSchema.nullable(),
  /** null: as the browser says. */
  language: languageSchema.nullable(),
  timeZone: z.string().nullable(),
  pictureVersion: z.int().min(0),
});
export type Account = z.infer<typeof accountSchema>;

/** A device somebody is or was signed in on. */
export const signedInDeviceSchema = z.object({
  deviceId: deviceIdSchema,
  kind: z.enum(['browser', 'desktop', 'mobile']),
  name: z.string(),
  signedInAt: timestamp,
  lastUsedAt: timestamp,
  /** Has a session now, and where. */
  serverId: serverIdSchema.optional(),
  current: z.boolean(),
});

export const accountMethods = {
  'account.get': { about: 'The own account.', params: z.strictObject({}), result: accountSchema },
  'account.update': {
    about: 'Changes language or time zone; null: as the browser says.',
    act: true,
    params: z.strictObject({
      actId: actIdSchema,
      language: languageSchema.nullable().optional(),
      timeZone: timeZoneSchema.nullable().optional(),
    }),
    result: accountSchema,
  },
  'account.changePassword': {
    about: 'Changes the password; all other devices are signed out.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, current: z.string().min(1).max(256), next: passwordSchema }),
    result: z.object({}),
  },
  'account.devices': {
    about: 'The devices this user is signed in on.',
    params: z.strictObject({}),
    result: z.object({ devices: z.array(signedInDeviceSchema) }),
  },
  'account.signOut': {
    about: 'Signs out one device, or with `deviceId` missing all but this one.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, deviceId: deviceIdSchema.optional() }),
    result: z.object({ signedOut: z.int().min(0) }),
  },
} as const satisfies Methods;

export const accountEvents = {
  'account.changed': { about: 'The own account changed.', fields: accountSchema },
} as const satisfies Events;

/** Bodies of the HTTP part of signing in (`docs/protocol.md`). */
export const signInBodySchema = z.strictObject({
  signIn: text(1, 256),
  password: z.string().min(1).max(256),
  device: z.strictObject({ id: deviceIdSchema, kind: z.enum(['browser', 'desktop', 'mobile']), name: text(1, 100) }),
  /** Public key (JWK, ECDSA P-256) that will prove the refresh token; its private half never leaves the device. */
  key: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string().max(64), y: z.string().max(64) }),
});

export const refreshBodySchema = z.strictObject({
  refreshToken: z.string().min(1).max(4_096),
  /** From `POST /api/auth/nonce`; good for 60 s on every server. */
  nonce: z.string().min(1).max(512),
  /** base64url ECDSA signature (SHA-256, IEEE P1363) over the nonce by the device's key. */
  signature: z.string().min(1).max(256),
});

export const tokensSchema = z.object({
  userId: userIdSchema,
  accessToken: z.string(),
  accessEndsAt: timestamp,
  refreshToken: z.string(),
  refreshEndsAt: timestamp,
});
export type Tokens = z.infer<typeof tokensSchema>;
