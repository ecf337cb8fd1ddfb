import type { CallId, LegId } from '#shared/ids.ts';
import type { CallRefusal } from '#shared/protocol/calls.ts';
import {
  type Call,
  callerOf,
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
import { answerOffer, ask, hold, offer, refuseOffer } from './call-media.ts';
import { giveAway, replaceAnswered, replaceBy, replaceLeft, replaceRefused } from './call-replace.ts';
import { adopt, transfer, transferAnswered, transferEnded } from './call-transfer.ts';
import { withDirection } from './sdp.ts';

/** What happens to a call, in the order in which its owner hears of it. */
export type CallEvent =
  /** A client dials: the caller's own device is to be reached first. */
  | { readonly type: 'dials' }
  /** Where it may ring was found; none: nobody can be reached, or may not be called. */
  | { readonly type: 'routed'; readonly legs: readonly Leg[]; readonly refusal?: CallRefusal }
  /** Somebody else rings too: who answers first has the call. */
  | { readonly type: 'joinsRinging'; readonly legs: readonly Leg[] }
  | { readonly type: 'rings'; readonly legId: LegId; readonly sdp?: string }
  | { readonly type: 'answers'; readonly legId: LegId; readonly sdp?: string }
  /** The device or trunk refused the INVITE. */
  | { readonly type: 'refuses'; readonly legId: LegId; readonly reason: EndReason }
  /** CANCEL or BYE came, or the leg host is gone (`lost`). */
  | { readonly type: 'leaves'; readonly legId: LegId; readonly reason: 'hungUp' | 'lost' }
  | { readonly type: 'rangLongEnough' }
  /** Who was invited without an offer, or called without one, has now sent its answer. */
  | { readonly type: 'acknowledges'; readonly legId: LegId; readonly sdp: string }
  /** A client puts the other one on hold in the name of a leg, or takes it back. */
  | { readonly type: 'holds'; readonly legId: LegId; readonly holding: boolean }
  | { readonly type: 'offers'; readonly legId: LegId; readonly sdp: string; readonly holding: boolean }
  /** `offer` is the number of the offer that is answered. */
  | { readonly type: 'answersOffer'; readonly legId: LegId; readonly offer: number; readonly sdp: string }
  /** `isGlare`: because it had made an offer itself. */
  | { readonly type: 'refusesOffer'; readonly legId: LegId; readonly offer: number; readonly isGlare?: boolean }
  /** A leg that talks wants the other to talk with somebody else (RFC 5589). */
  | { readonly type: 'transfers'; readonly legId: LegId; readonly targets: readonly Leg[] }
  /** An answered leg of another call, which the owner took over, comes in the place of `inPlaceOf`. */
  | { readonly type: 'adopts'; readonly leg: Leg; readonly inPlaceOf: LegId }
  /** An answered leg has gone over to another call. */
  | { readonly type: 'givesAway'; readonly legId: LegId }
  /** An INVITE that is to take the place of a leg (RFC 3891). */
  | { readonly type: 'replaces'; readonly leg: Leg; readonly inPlaceOf: LegId };

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
 * | setup | dials | setup | the caller's own device is invited |
 * | setup | that device answers | setup | it waits, on hold, and who is called is looked for |
 * | setup | routed, to some | ringing | all are invited |
 * | setup | routed, to nobody | ended | caller refused: unreachable |
 * | setup, ringing | caller leaves | ended | all who were invited are cancelled |
 * | ringing | one rings | ringing | caller hears it, once; early media of the first that sends any |
 * | ringing | others join | ringing | they are invited too |
 * | ringing | one answers | connected | caller accepted, the others cancelled: completed elsewhere |
 * | ringing | one refuses | ringing; ended when it declined or was the last | caller refused with what says most |
 * | ringing | rang long enough | ended | caller refused: no answer, or unreachable if nothing rang |
 * | connected | one leaves | ended; connected while its transfer is under way | the other is hung up |
 * | connected | one offers | connected | the other is asked; 491 while another offer is out |
 * | connected | a client holds, resumes | connected | first the other is asked, then the one it acts for |
 * | connected | one transfers | connected | targets are invited with the description of the one who stays |
 * | connected | a target answers | connected | it takes the place of the one who transferred, and the two are joined |
 * | connected | a target refuses, the last | connected; ended when the one who transferred has left | that one is told |
 * | connected | a leg is adopted | connected | it takes the place of the one who transferred, and the two are joined |
 * | connected | an INVITE replaces a leg | connected | the one who stays is asked; answered, it takes the place |
 * | connected | a leg is given away | ended | the other is hung up |
 * | any | an ended leg answers | same | it is hung up: its 2xx crossed our CANCEL |
 *
 * @param now milliseconds since 1970
 */
export function step(call: Call, event: CallEvent, now: number): Step {
  const { call: next, effects } = decide(call, event, now);
  return next === call ? unchanged(call, effects) : { call: dated(call, next, now), effects };
}

function decide(call: Call, event: CallEvent, now: number): Step {
  switch (event.type) {
    case 'dials':
      return dials(call);
    case 'routed':
      return routed(call, event.legs, event.refusal, now);
    case 'joinsRinging':
      return joinsRinging(call, event.legs);
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
    case 'acknowledges':
      return acknowledges(call, event.legId, event.sdp);
    case 'holds':
      return hold(call, event.legId, event.holding);
    case 'offers':
      return offer(call, event.legId, event.sdp, event.holding);
    case 'answersOffer':
      return call.negotiation?.kind === 'replace'
        ? replaceAnswered(call, event.offer, event.sdp)
        : answerOffer(call, event.offer, event.sdp);
    case 'refusesOffer':
      return call.negotiation?.kind === 'replace'
        ? replaceRefused(call, event.offer, now)
        : refuseOffer(call, event.offer, event.isGlare === true);
    case 'transfers':
      return transfer(call, event.legId, event.targets);
    case 'adopts':
      return adopt(call, event.leg, event.inPlaceOf);
    case 'givesAway':
      return giveAway(call, event.legId, now);
    case 'replaces':
      return replaceBy(call, event.leg, event.inPlaceOf);
  }
}

/** Invited without an offer, so that its own says what it can do (RFC 3725 4.4). */
function dials(call: Call): Step {
  const caller = callerOf(call);
  if (call.phase !== 'setup' || caller?.direction !== 'outbound') return unchanged(call);
  return unchanged(call, [{ do: 'invite', leg: caller, sdp: undefined }]);
}

function routed(call: Call, legs: readonly Leg[], refusal: CallRefusal | undefined, now: number): Step {
  if (call.phase !== 'setup') return unchanged(call);
  if (legs.length === 0)
    return refusal === undefined ? endCall(call, 'unreachable', now) : endCall({ ...call, refusal }, 'refused', now);
  const sdp = callerOf(call)?.sdp;
  return {
    call: { ...call, phase: 'ringing', legs: [...call.legs, ...legs] },
    effects: legs.map((leg) => ({ do: 'invite', leg, sdp })),
  };
}

function joinsRinging(call: Call, legs: readonly Leg[]): Step {
  if (call.phase !== 'ringing') return unchanged(call);
  const sdp = callerOf(call)?.sdp;
  return { call: { ...call, legs: [...call.legs, ...legs] }, effects: legs.map((leg) => ({ do: 'invite', leg, sdp })) };
}

/** The own device of who dials by a client has answered: it waits until somebody else does. */
function callerReady(call: Call, caller: Leg, sdp: string | undefined): Step {
  if (call.phase !== 'setup' || caller.phase === 'answered' || sdp === undefined) return unchanged(call);
  return unchanged(withLeg(call, caller.id, { phase: 'answered', sdp }), [
    { do: 'complete', legId: caller.id, sdp: withDirection(sdp, 'inactive') },
    { do: 'route' },
  ]);
}

/** The caller had made no offer, so it answers that of who accepted the call. */
function acknowledges(call: Call, legId: LegId, sdp: string): Step {
  const peer = peerOf(call, legId);
  if (call.phase !== 'connected' || peer?.phase !== 'answered') return unchanged(call);
  return unchanged(withLeg(call, legId, { sdp }), [{ do: 'complete', legId: peer.id, sdp }]);
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
  const hears = caller.direction === 'inbound';
  const effects: Effect[] = hears && (first || early) ? [{ do: 'ring', legId: caller.id, sdp: early ? sdp : undefined }] : [];
  return { call: first ? { ...next, ringingAt: now } : next, effects };
}

/** The first answer wins. One that comes when all is decided is hung up: its 2xx crossed our CANCEL. */
function answers(call: Call, legId: LegId, sdp: string | undefined, now: number): Step {
  const leg = invitedLeg(call, legId);
  if (leg === undefined || leg.phase === 'answered') return unchanged(call);
  if (leg.phase === 'ended') return unchanged(call, [{ do: 'hangUp', legId, reason: leg.end ?? 'completedElsewhere' }]);
  if (leg.inPlaceOf !== undefined) return transferAnswered(call, leg, sdp ?? leg.sdp);
  const caller = callerOf(call);
  if (caller?.id === legId) return callerReady(call, leg, sdp);
  if (call.phase !== 'ringing' || caller === undefined) return unchanged(call);
  const described = sdp ?? leg.sdp;
  const isWaiting = caller.phase === 'answered';
  const effects: Effect[] = isWaiting ? [] : [{ do: 'accept', legId: caller.id, sdp: described }];
  const legs = call.legs.map((other): Leg => {
    if (other.id === caller.id) return { ...other, phase: 'answered' };
    if (other.id === legId) return { ...other, phase: 'answered', ...(sdp === undefined ? {} : { sdp }) };
    if (!isLiving(other)) return other;
    effects.push(ending(other, 'completedElsewhere'));
    return { ...other, phase: 'ended', end: 'completedElsewhere' };
  });
  const next: Call = { ...call, phase: 'connected', legs, talking: [caller.id, legId], connectedAt: now };
  if (!isWaiting || described === undefined) return unchanged(next, effects);
  const asked = ask(next, caller.id, described);
  return { call: asked.call, effects: [...effects, ...asked.effects] };
}

/** One of those that were tried has ended without an answer. */
function outboundEnded(call: Call, legId: LegId, reason: EndReason, now: number): Step {
  const leg = invitedLeg(call, legId);
  if (leg === undefined || !isLiving(leg) || leg.phase === 'answered') return unchanged(call);
  const next = withLeg(call, legId, { phase: 'ended', end: reason });
  if (leg.inPlaceOf !== undefined) return transferEnded(next, leg, reason, now);
  if (callerOf(call)?.id === legId) return endCall(next, reason, now);
  if (call.phase !== 'ringing') return unchanged(next);
  // Who declines on one device means the call, not the device.
  if (reason === 'declined' && leg.isGuest === undefined) return endCall(next, 'declined', now);
  const tried = next.legs.filter((other) => other.direction === 'outbound' && other.id !== callerOf(call)?.id);
  const called = tried.filter(({ isGuest }) => isGuest === undefined);
  return tried.some(isLiving) ? unchanged(next) : endCall(next, strongest(called), now);
}

function leaves(call: Call, legId: LegId, reason: 'hungUp' | 'lost', now: number): Step {
  const leg = legOf(call, legId);
  if (leg === undefined || !isLiving(leg)) return unchanged(call);
  if (leg.direction === 'outbound' && leg.phase !== 'answered') {
    return outboundEnded(call, legId, reason === 'lost' ? 'unreachable' : reason, now);
  }
  const next = withLeg(call, legId, { phase: 'ended', end: reason });
  if (call.phase !== 'connected') return endCall(next, reason === 'lost' ? 'lost' : 'callerLeft', now);
  if (leg.inPlaceOf !== undefined && leg.phase !== 'answered') return replaceLeft(next, leg, now);
  // The one who transfers may leave before the target answers; who stays then waits for the target.
  const waitsForTarget = next.legs.some((other) => other.inPlaceOf === legId && isLiving(other));
  if (waitsForTarget && peerOf(next, legId)?.phase === 'answered') return unchanged(next);
  return endCall(next, reason, now);
}

function rangLongEnough(call: Call, now: number): Step {
  if (call.phase !== 'ringing') return unchanged(call);
  const rang = call.legs.some((leg) => leg.id !== callerOf(call)?.id && leg.phase === 'ringing');
  return endCall(call, rang ? 'noAnswer' : 'unreachable', now);
}

/** Only those whom we invited ring, answer and refuse. */
function invitedLeg(call: Call, legId: LegId): Leg | undefined {
  const leg = legOf(call, legId);
  return leg?.direction === 'outbound' ? leg : undefined;
}

/** What the caller is told of several refusals: the one that says most about the person. */
function strongest(ended: readonly Leg[]): EndReason {
  const order: readonly EndReason[] = ['declined', 'busy', 'noAnswer', 'notAcceptable', 'unreachable'];
  return order.find((reason) => ended.some((leg) => leg.end === reason)) ?? 'unreachable';
}

/** Notes when each leg has come, was answered and ended. */
function dated(before: Call, after: Call, now: number): Call {
  const known = new Map(before.legs.map((leg) => [leg.id, leg]));
  const legs = after.legs.map((leg): Leg => {
    if (known.get(leg.id) === leg) return leg;
    const begunAt = leg.begunAt ?? now;
    const answeredAt = leg.phase === 'answered' ? { answeredAt: leg.answeredAt ?? now } : {};
    const endedAt = leg.phase === 'ended' ? { endedAt: leg.endedAt ?? now } : {};
    return { ...leg, begunAt, ...answeredAt, ...endedAt };
  });
  return { ...after, legs };
}
