import * as z from 'zod';
import { deviceIdSchema, serverIdSchema, sessionIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';
import { text, timestamp } from './text.ts';

/** What a client can do; a user's capabilities are those of all their sessions together. */
export const capabilitySchema = z.enum(['chat', 'audio', 'video', 'softphone', 'screenShare']);
export type Capability = z.infer<typeof capabilitySchema>;

/** A server as clients need it. */
export const serverAddressSchema = z.object({ id: serverIdSchema, url: z.url() });
export type ServerAddress = z.infer<typeof serverAddressSchema>;

export const deviceSchema = z.strictObject({
  id: deviceIdSchema,
  kind: z.enum(['browser', 'desktop', 'mobile']),
  /** As the person recognises it in the list of their devices: "Firefox on Linux". */
  name: text(1, 100),
});

/** How people find out which parts are out of reach; everything that is well is `up`. */
export const reachSchema = z.object({
  /** Between servers; `down`: people of other servers are shown stale, chat reaches them through the database. */
  mesh: z.enum(['up', 'down']),
  /** `down`: messages are not stored now, older history cannot be read. */
  database: z.enum(['up', 'down']),
  /** What happens to messages while `database` is `down`; `up`: they are taken all the same and stored later, else refused. */
  outbox: z.enum(['up', 'down']).optional(),
});
export type Reach = z.infer<typeof reachSchema>;

export const openResultSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('welcome'),
    sessionId: sessionIdSchema,
    userId: userIdSchema,
    /** The server this connection is on. */
    serverId: serverIdSchema,
    /** Served here but owned by another server (its answers cross the mesh). */
    attached: z.boolean(),
    servers: z.array(serverAddressSchema),
    reach: reachSchema,
    /** The server's clock, to show times right on a device whose clock is wrong. */
    now: timestamp,
    /** When the token ends; `session.renew` before that. */
    tokenEndsAt: timestamp,
  }),
  z.object({
    status: z.literal('redirect'),
    serverId: serverIdSchema,
    url: z.url(),
    /** Opaque and signed; goes along to that server. */
    ticket: z.string(),
  }),
  z.object({ status: z.literal('busy'), retryAfterMs: z.int().min(0) }),
]);
export type OpenResult = z.infer<typeof openResultSchema>;

export const activitySchema = z.enum(['active', 'idle', 'locked']);
export type Activity = z.infer<typeof activitySchema>;

export const sessionMethods = {
  'session.open': {
    about: 'Opens the session of this connection; always the first message. Answers welcome, redirect or busy.',
    beforeSession: true,
    params: z.strictObject({
      /** Access token from `POST /api/auth/sign-in` or `/api/auth/refresh`. Never in the URL. */
      token: z.string().min(1).max(4_096),
      device: deviceSchema,
      capabilities: z.array(capabilitySchema).max(16).default([]),
      activity: activitySchema.default('active'),
      ticket: z.string().max(4_096).optional(),
      /** Servers this client was redirected to and could not open within 1 s. */
      unreachable: z.array(serverIdSchema).max(8).default([]),
    }),
    result: openResultSchema,
  },
  'session.renew': {
    about: 'Goes on with a fresh access token of the same user and device.',
    params: z.strictObject({ token: z.string().min(1).max(4_096) }),
    result: z.object({ tokenEndsAt: timestamp }),
  },
  'session.ping': {
    about: 'Proves that the connection lives, every 3 s; browsers cannot send WebSocket pings.',
    beforeSession: true,
    params: z.strictObject({}),
    result: z.object({}),
  },
  'session.activity': {
    about:
      'Says whether the person is at this device, and whether they have text they have not sent (which delays a move to another server).',
    params: z.strictObject({
      activity: activitySchema,
      unsentText: z.boolean().default(false),
    }),
    result: z.object({}),
  },
  'session.close': {
    about: 'Ends this session at once, without the time a lost connection is given to come back.',
    params: z.strictObject({}),
    result: z.object({}),
  },
} as const satisfies Methods;

export const sessionEvents = {
  'session.redirect': {
    about: 'Go to this server now: this one is draining, or your home server is back. The connection closes soon.',
    fields: z.object({
      serverId: serverIdSchema,
      url: z.url(),
      ticket: z.string(),
      reason: z.enum(['draining', 'goingHome', 'moved']),
    }),
  },
  'session.ended': {
    about: 'This session is over; the connection closes.',
    fields: z.object({ reason: z.enum(['signedOut', 'tokenEnded', 'locked', 'replaced', 'licenceEnded']) }),
  },
  'system.reach': {
    about: 'What is out of reach from this server has changed.',
    fields: reachSchema,
  },
  'system.servers': {
    about: 'The servers of the company have changed.',
    fields: z.object({ servers: z.array(serverAddressSchema) }),
  },
} as const satisfies Events;
