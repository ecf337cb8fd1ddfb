import * as z from 'zod';
import { incarnationIdSchema, sessionIdSchema, userIdSchema } from '../../ids.ts';
import { type CloseReason, closeCodes } from '../../protocol/close-codes.ts';
import { requestSchema } from '../../protocol/envelope.ts';
import { activitySchema, capabilitySchema, deviceSchema } from '../../protocol/session.ts';
import { defineEvent, defineRequest } from '../contract.ts';

/** A session as one server describes it to another. Capabilities of a newer version are left out. */
export const sessionRecordSchema = z.object({
  id: sessionIdSchema,
  userId: userIdSchema,
  device: z.object(deviceSchema.shape),
  capabilities: z.array(capabilitySchema),
  activity: activitySchema,
  openedAt: z.number(),
  tokenEndsAt: z.number(),
  signedInAt: z.number(),
  tokenGeneration: z.number(),
});
export type SessionRecord = z.infer<typeof sessionRecordSchema>;

export const attachSession = defineRequest('session.attach', z.object({ session: sessionRecordSchema }), z.object({}), {
  meaning: 'Opens a session at the owner of its user for a client whose connection is on the sender (attached).',
});

export const relayRequest = defineRequest(
  'session.request',
  z.object({ sessionId: sessionIdSchema, request: z.object(requestSchema.shape) }),
  z.object({ answer: z.unknown() }),
  { meaning: 'A request of an attached client, for the owner; its answer goes back as it is.' },
);

export const sessionPushes = defineEvent(
  'session.pushes',
  z.object({
    pushes: z.array(
      z.object({
        sessionId: sessionIdSchema,
        /** How many events were pushed to this session before these. */
        after: z.number().int().min(0),
        /** Events for the client, serialised, and the key of those that are states. */
        events: z.array(z.tuple([z.string(), z.string().nullable()])),
      }),
    ),
  }),
  { meaning: 'Events for attached clients, those of one turn of the event loop together.' },
);

export const sessionClosed = defineEvent(
  'session.closed',
  z.object({
    sessionId: sessionIdSchema,
    reason: z.enum(Object.keys(closeCodes) as [CloseReason, ...CloseReason[]]).catch('goingAway'),
  }),
  { meaning: 'The owner has ended an attached session: its connection is to be closed.' },
);

export const sessionDetached = defineEvent('session.detached', z.object({ sessionId: sessionIdSchema }), {
  meaning: 'The connection of an attached session is gone; the owner keeps the session for a while as after any lost connection.',
});

/** One attached session, from one of its two sides. */
export const attachedItemSchema = z.object({
  sessionId: sessionIdSchema,
  /** `owner`: the teller answers its requests; `connection`: the teller holds its connection. */
  side: z.enum(['owner', 'connection']),
  owner: incarnationIdSchema,
  /** How many events were pushed (owner) or have arrived (connection). */
  events: z.number().int().min(0),
});
export type AttachedItem = z.infer<typeof attachedItemSchema>;

export const peopleReturning = defineEvent('session.returning', z.object({ waiting: z.boolean() }), {
  meaning: 'After a death the sender makes returning people wait; said every second, so that nobody is shown offline too early.',
});

export const sessionContracts = [
  attachSession,
  relayRequest,
  sessionPushes,
  sessionClosed,
  sessionDetached,
  peopleReturning,
] as const;
