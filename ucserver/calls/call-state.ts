import type { CallId, LegId } from '#shared/ids.ts';
import {
  type Call,
  type Effect,
  type EndReason,
  isLiving,
  type Leg,
  legOf,
  peerOf,
  type Step,
  unchanged,
  withLeg,
} from './call.ts';
import { endCall, ending } from './call-end.ts';
import { answerOffer, offer, refuseOffer } from './call-media.ts';
import { adopt, transfer, transferAnswered, transferEnded } from './call-transfer.ts';

/** What happens to a call, in the order in which its owner hears of it. */
export type CallEvent =
  /** Where it may ring was found; none: nobody can be reached. */
  | { readonly type: 'routed'; readonly legs: readonly Leg[] }
  | { readonly type: 'rings'; readonly legId: LegId; readonly sdp?: string }
  | { readonly type: 'answers'; readonly legId: LegId; readonly sdp?: string }
  /** The device or trunk refused the INVITE. */
  | { readonly type: 'refuses'; readonly legId: LegId; readonly reason: EndReason }
  /** CANCEL or BYE came, or the leg host is gone (`lost`). */
  | { readonly type: 'leaves'; readonly legId: LegId; readonly reason: 'hungUp' | 'lost' }
  | { readonly type: 'rangLongEnough' }
  | { readonly type: 'offers'; readonly legId: LegId; readonly sdp: string; readonly holding: boolean }
  /** `offer` is the number of the offer that is answered. */
  | { readonly type: 'answersOffer'; readonly legId: LegId; readonly offer: number; readonly sdp: string }
  | { readonly type: 'refusesOffer'; readonly legId: LegId; readonly offer: number }
  /** A leg that talks wants the other to talk with somebody else (RFC 5589). */
  | { readonly type: 'transfers'; readonly legId: LegId; readonly targets: readonly Leg[] }
  /** An answered leg of another call, which the owner took over, comes in the place of `inPlaceOf`. */
  | { readonly type: 'adopts'; readonly leg: Leg; readonly inPlaceOf: LegId };

/** A call of which only the caller is known. */
export function begin(id: CallId, caller: Leg, now: number): Call {
  return { id, phase: 'setup', legs: [caller], offers: 0, startedAt: now };
}

/**
 * The state machine of a call. Pure, and total: an event that does not fit, because it crossed another on its way, changes
 * nothing or ends the leg that came too late. What has ended stays ended.
 *
 * | phase | event | next | what is done |
 * |---|---|---|---|
 * | setup | routed, to some | ringing | all are invited |
 * | setup | routed, to nobody | ended | caller refused: unreachable |
 * | setup, ringing | caller leaves | ended | all who were invited are cancelled |
 * | ringing | one rings | ringing | caller hears it, once; early media of the first that sends any |
 * | ringing | one answers | connected | caller accepted, the others cancelled: completed elsewhere |
 * | ringing | one refuses | ringing; ended when it declined or was the last | caller refused with what says most |
 * | ringing | rang long enough | ended | caller refused: no answer, or unreachable if nothing rang |
 * | connected | one leaves | ended; connected while its transfer is under way | the other is hung up |
 * | connected | one offers | connected | the other is asked; 491 while another offer is out |
 * | connected | one transfers | connected | targets are invited with the description of the one who stays |
 * | connected | a target answers | connected | it takes the place of the one who transferred, and the two are joined |
 * | connected | a target refuses, the last | connected; ended when the one who transferred has left | that one is told |
 * | connected | a leg is adopted | connected | it takes the place of the one who transferred, and the two are joined |
 * | any | an ended leg answers | same | it is hung up: its 2xx crossed our CANCEL |
 *
 * @param now milliseconds since 1970
 */
export function step(call: Call, event: CallEvent, now: number): Step {
  switch (event.type) {
    case 'routed':
      return routed(call, event.legs, now);
    case 'rings':
      return rings(call, event.legId, event.sdp, now);
    case 'answers':
      return answers(call, event.legId, event.sdp, now);
    case 'refuses':
      return outboundEnded(call, event.legId, event.reason, now);
    case 'leaves':
      return leaves(call, event.legId, event.reason, now);
    case 'rangLongEnough':
      return rangLongEnough(call, now);
    case 'offers':
      return offer(call, event.legId, event.sdp, event.holding);
    case 'answersOffer':
      return answerOffer(call, event.offer, event.sdp);
    case 'refusesOffer':
      return refuseOffer(call, event.offer);
    case 'transfers':
      return transfer(call, event.legId, event.targets);
    case 'adopts':
      return adopt(call, event.leg, event.inPlaceOf);
  }
}

function routed(call: Call, legs: readonly Leg[], now: number): Step {
  if (call.phase !== 'setup') return unchanged(call);
  if (legs.length === 0) return endCall(call, 'unreachable', now);
  const sdp = callerOf(call)?.sdp;
  return {
    call: { ...call, phase: 'ringing', legs: [...call.legs, ...legs] },
    effects: legs.map((leg) => ({ do: 'invite', leg, sdp })),
  };
}

/** Early media only of the first that sends any: the caller can hear one. */
function rings(call: Call, legId: LegId, sdp: string | undefined, now: number): Step {
  const leg = invitedLeg(call, legId);
  if (leg?.phase !== 'calling' && leg?.phase !== 'ringing') return unchanged(call);
  const earlyBefore = call.legs.some((other) => other.direction === 'outbound' && isLiving(other) && other.sdp !== undefined);
  const early = sdp !== undefined && !earlyBefore;
  const next = withLeg(call, legId, { phase: 'ringing', ...(early ? { sdp } : {}) });
  if (leg.inPlaceOf !== undefined) return unchanged(next, [{ do: 'reportTransfer', legId: leg.inPlaceOf, status: 180 }]);
  const caller = callerOf(call);
  if (call.phase !== 'ringing' || caller === undefined) return unchanged(next);
  const first = call.ringingAt === undefined;
  const effects: Effect[] = first || early ? [{ do: 'ring', legId: caller.id, sdp: early ? sdp : undefined }] : [];
  return { call: first ? { ...next, ringingAt: now } : next, effects };
}

/** The first answer wins. One that comes when all is decided is hung up: its 2xx crossed our CANCEL. */
function answers(call: Call, legId: LegId, sdp: string | undefined, now: number): Step {
  const leg = invitedLeg(call, legId);
  if (leg === undefined || leg.phase === 'answered') return unchanged(call);
  if (leg.phase === 'ended') return unchanged(call, [{ do: 'hangUp', legId, reason: leg.end ?? 'completedElsewhere' }]);
  if (leg.inPlaceOf !== undefined) return transferAnswered(call, leg, sdp ?? leg.sdp);
  const caller = callerOf(call);
  if (call.phase !== 'ringing' || caller === undefined) return unchanged(call);
  const effects: Effect[] = [{ do: 'accept', legId: caller.id, sdp: sdp ?? leg.sdp }];
  const legs = call.legs.map((other): Leg => {
    if (other.id === caller.id) return { ...other, phase: 'answered' };
    if (other.id === legId) return { ...other, phase: 'answered', ...(sdp === undefined ? {} : { sdp }) };
    if (!isLiving(other)) return other;
    effects.push(ending(other, 'completedElsewhere'));
    return { ...other, phase: 'ended', end: 'completedElsewhere' };
  });
  return { call: { ...call, phase: 'connected', legs, talking: [caller.id, legId], connectedAt: now }, effects };
}

/** One of those that were tried has ended without an answer. */
function outboundEnded(call: Call, legId: LegId, reason: EndReason, now: number): Step {
  const leg = invitedLeg(call, legId);
  if (leg === undefined || !isLiving(leg) || leg.phase === 'answered') return unchanged(call);
  const next = withLeg(call, legId, { phase: 'ended', end: reason });
  if (leg.inPlaceOf !== undefined) return transferEnded(next, leg, reason, now);
  if (call.phase !== 'ringing') return unchanged(next);
  // Who declines on one device means the call, not the device.
  if (reason === 'declined') return endCall(next, 'declined', now);
  const tried = next.legs.filter((other) => other.direction === 'outbound');
  return tried.some(isLiving) ? unchanged(next) : endCall(next, strongest(tried), now);
}

function leaves(call: Call, legId: LegId, reason: 'hungUp' | 'lost', now: number): Step {
  const leg = legOf(call, legId);
  if (leg === undefined || !isLiving(leg)) return unchanged(call);
  if (leg.direction === 'outbound' && leg.phase !== 'answered') {
    return outboundEnded(call, legId, reason === 'lost' ? 'unreachable' : reason, now);
  }
  const next = withLeg(call, legId, { phase: 'ended', end: reason });
  if (call.phase !== 'connected') return endCall(next, reason === 'lost' ? 'lost' : 'callerLeft', now);
  // The one who transfers may leave before the target answers; who stays then waits for the target.
  const waitsForTarget = next.legs.some((other) => other.inPlaceOf === legId && isLiving(other));
  if (waitsForTarget && peerOf(next, legId)?.phase === 'answered') return unchanged(next);
  return endCall(next, reason, now);
}

function rangLongEnough(call: Call, now: number): Step {
  if (call.phase !== 'ringing') return unchanged(call);
  const rang = call.legs.some((leg) => leg.direction === 'outbound' && leg.phase === 'ringing');
  return endCall(call, rang ? 'noAnswer' : 'unreachable', now);
}

/** Only those whom we invited ring, answer and refuse. */
function invitedLeg(call: Call, legId: LegId): Leg | undefined {
  const leg = legOf(call, legId);
  return leg?.direction === 'outbound' ? leg : undefined;
}

function callerOf(call: Call): Leg | undefined {
  return call.legs.find((leg) => leg.direction === 'inbound');
}

/** What the caller is told of several refusals: the one that says most about the person. */
function strongest(ended: readonly Leg[]): EndReason {
  const order: readonly EndReason[] = ['declined', 'busy', 'noAnswer', 'notAcceptable', 'unreachable'];
  return order.find((reason) => ended.some((leg) => leg.end === reason)) ?? 'unreachable';
}
