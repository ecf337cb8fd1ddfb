import * as z from 'zod';
import { actIdSchema, callIdSchema, userIdSchema } from '../ids.ts';
import { callPartySchema } from './journal.ts';
import type { Events, Methods } from './methods.ts';
import { sipDeviceIdSchema } from './phones.ts';
import { text, timestamp } from './text.ts';

/** What a person can do with a call; clients offer just those that the call names. */
export const callActs = ['hangUp', 'decline', 'hold', 'resume', 'transfer', 'sendDigits'] as const;
export const callActSchema = z.enum(callActs);
export type CallAct = z.infer<typeof callActSchema>;

/** Why a call ended. `lost`: a server or a phone is gone; `completedElsewhere`: another device or person has taken it. */
export const callEndSchema = z.enum([
  'hungUp',
  'callerLeft',
  'completedElsewhere',
  'busy',
  'declined',
  'noAnswer',
  'unreachable',
  'notAcceptable',
  'refused',
  'transferred',
  'lost',
]);
export type CallEnd = z.infer<typeof callEndSchema>;

/** Why somebody may not or cannot be called; in `details.reason` of `CALL_REFUSED` and in a call that ended so. */
export const callRefusals = [
  'noDevice',
  'unknownNumber',
  'notAllowed',
  'tooManyCalls',
  'unreachable',
  'classOfService',
  'nightLock',
  'noLine',
] as const;
export const callRefusalSchema = z.enum(callRefusals);
export type CallRefusal = z.infer<typeof callRefusalSchema>;

/** A call as one of its people sees it. */
export const callSchema = z.object({
  callId: callIdSchema,
  /** Rises with every change; an older one than the known is ignored. */
  version: z.int().min(0),
  /** As this person sees it: `outgoing` is one they made. */
  direction: z.enum(['incoming', 'outgoing']),
  /**
   * `preparing`: the person's own phone rings first (`calls.dial`), or nobody rings yet; `ringing`; `connected`; `ended`: told once,
   * then the call is gone from the list.
   */
  phase: z.enum(['preparing', 'ringing', 'connected', 'ended']),
  /** The other one, as far as this person may know; changes when the call is transferred. */
  peer: callPartySchema,
  /** The person's own devices that ring or talk. */
  devices: z.array(sipDeviceIdSchema),
  /** This person holds the other one. */
  holding: z.boolean(),
  /** The other one holds this person. */
  held: z.boolean(),
  /** Somebody else is being reached in this person's place. */
  transferringTo: callPartySchema.optional(),
  startedAt: timestamp,
  ringingAt: timestamp.optional(),
  connectedAt: timestamp.optional(),
  endedAt: timestamp.optional(),
  end: callEndSchema.optional(),
  /** Why, when it was `refused`. */
  refusal: callRefusalSchema.optional(),
  /** What is possible now. */
  acts: z.array(callActSchema),
});
export type CallView = z.infer<typeof callSchema>;

/** Whom to call: a person (all their devices ring), or what is dialled: a number, an extension, a sign-in name. */
export const callTargetSchema = z.union([z.strictObject({ userId: userIdSchema }), z.strictObject({ number: text(1, 64) })]);
export type CallTarget = z.infer<typeof callTargetSchema>;

/** Which of the person's own devices; missing: the one that registered last. */
const deviceId = sipDeviceIdSchema.optional();
const onCall = { actId: actIdSchema, callId: callIdSchema };

export const callMethods = {
  'calls.list': {
    about: "The user's calls that have not ended, oldest first. Changes follow as `calls.changed`.",
    params: z.strictObject({}),
    result: z.object({ calls: z.array(callSchema) }),
  },
  'calls.dial': {
    about:
      "Calls somebody: first the user's own device rings; when it is answered there, the others are called. Answers as soon as the own device is being reached.",
    act: true,
    params: z.strictObject({ actId: actIdSchema, to: callTargetSchema, deviceId }),
    result: z.object({ callId: callIdSchema }),
  },
  'calls.hangUp': {
    about: 'Ends a call.',
    act: true,
    params: z.strictObject(onCall),
    result: z.object({}),
  },
  'calls.decline': {
    about: 'Refuses a call that rings, on all devices of the user.',
    act: true,
    params: z.strictObject(onCall),
    result: z.object({}),
  },
  'calls.hold': {
    about: 'Puts the other one on hold.',
    act: true,
    params: z.strictObject(onCall),
    result: z.object({}),
  },
  'calls.resume': {
    about: 'Talks again with whom this user had put on hold.',
    act: true,
    params: z.strictObject(onCall),
    result: z.object({}),
  },
  'calls.transfer': {
    about: "Lets the other one talk with somebody else (blind): that one rings, and takes this user's place by answering.",
    act: true,
    params: z.strictObject({ ...onCall, to: callTargetSchema }),
    result: z.object({}),
  },
  'calls.transferTo': {
    about: 'Joins the other ones of two calls of this user (attended), who leaves both.',
    act: true,
    params: z.strictObject({ ...onCall, otherCallId: callIdSchema }),
    result: z.object({}),
  },
  'calls.sendDigits': {
    about: 'Sends digits to the other one, as if they were pressed on the phone.',
    act: true,
    params: z.strictObject({
      ...onCall,
      digits: z.string().regex(/^[0-9A-D*#]{1,32}$/, 'may hold 0 to 9, A to D, * and # only'),
    }),
    result: z.object({}),
  },
  'calls.pickUp': {
    about:
      "Takes the call that rings at a person (right `pickUp`), or the user's own, on a device of the user: it rings, and who answers there has the call.",
    act: true,
    params: z.strictObject({ actId: actIdSchema, userId: userIdSchema, deviceId }),
    result: z.object({ callId: callIdSchema }),
  },
} as const satisfies Methods;

export const callEvents = {
  'calls.changed': {
    about: 'A call of the user has begun, changed or ended, on whichever device. The whole call as it is now.',
    fields: callSchema,
  },
} as const satisfies Events;
