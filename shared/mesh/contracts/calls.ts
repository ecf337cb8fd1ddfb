import * as z from 'zod';
import { defineEvent, defineRequest } from '../contract.ts';

// Ids and views were checked or made by the server that tells them; here they are only given their type.
const userId = z.string().brand<'UserId'>();
const callId = z.string().brand<'CallId'>();
const legId = z.string().brand<'LegId'>();
const actId = z.string().brand<'ActId'>();
const incarnation = z.string().brand<'IncarnationId'>();
const target = z.union([z.object({ userId }), z.object({ number: z.string() })]);

/** A call of a user, and which leg of it is theirs; the call as the client protocol has it. */
export const toldCallSchema = z.object({ callId, legId, version: z.number(), view: z.string() });
export type ToldCall = z.infer<typeof toldCallSchema>;

export const callsTold = defineEvent(
  'calls.told',
  z.object({
    users: z.array(
      z.object({
        userId,
        /** All calls of this user that the sender owns, and those that have just ended. What is missing has ended. */
        calls: z.array(toldCallSchema),
        /** Rises with each change at the sender: an older list is ignored. */
        version: z.number(),
      }),
    ),
  }),
  { meaning: 'Calls of users, from the owner of the calls to the owner of the users; sent anew when the latter changes.' },
);

const actSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['hangUp', 'decline', 'hold', 'resume']) }),
  z.object({ kind: z.literal('transfer'), to: target }),
  /** Joins with whom another leg of the same user talks. */
  z.object({ kind: z.literal('transferTo'), owner: incarnation, leg: legId, talksWith: z.string() }),
  z.object({ kind: z.literal('sendDigits'), digits: z.string() }),
]);
export type CallActRequest = z.infer<typeof actSchema>;

const acting = { actId, actor: userId };

export const callAct = defineRequest('calls.act', z.object({ ...acting, callId, legId, act: actSchema }), z.object({}), {
  meaning: 'Does something to a call in the name of one of its people; the owner of the call decides whether it is possible.',
});

export const callDial = defineRequest(
  'calls.dial',
  z.object({ ...acting, to: target, deviceId: z.string() }),
  z.object({ callId }),
  { meaning: 'Begins a call with the device of a user that is at the edge of the receiver.' },
);

export const callRinging = defineRequest('calls.ringing', z.object({ userId }), z.object({ owner: incarnation, callId }), {
  meaning: 'Asks the owner of a user which call rings at them, and who owns it.',
});

export const callPickUp = defineRequest(
  'calls.pick-up',
  z.object({ ...acting, userId, callId, deviceId: z.string().optional() }),
  z.object({}),
  { meaning: 'Lets a call that rings at a user ring at the actor too; the owner of the call checks the right `pickUp`.' },
);

export const callContracts = [callsTold, callAct, callDial, callRinging, callPickUp] as const;
