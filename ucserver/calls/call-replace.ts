import type { LegId } from '#shared/ids.ts';
import { type Call, type Effect, isLiving, type Leg, legOf, peerOf, type Step, unchanged, withLeg } from './call.ts';
import { endCall } from './call-end.ts';
import { ask, interrupted, offerOf, withoutNegotiation } from './call-media.ts';

/** Whether somebody is being brought in the place of a leg. */
export function isBeingReplaced(call: Call): boolean {
  return call.legs.some((leg) => leg.inPlaceOf !== undefined && leg.phase !== 'answered' && isLiving(leg));
}

/**
 * An INVITE has come that is to take the place of a leg (RFC 3891): the one who stays is offered what it brings; with the answer
 * it is accepted, and only then the replaced one is hung up.
 */
export function replaceBy(call: Call, comes: Leg, inPlaceOf: LegId): Step {
  const stays = peerOf(call, inPlaceOf);
  const replaced = legOf(call, inPlaceOf);
  const fits = call.phase === 'connected' && stays?.phase === 'answered' && replaced?.phase === 'answered';
  if (!fits || isBeingReplaced(call) || comes.sdp === undefined) {
    const ended: Leg = { ...comes, phase: 'ended', end: 'unreachable' };
    return unchanged({ ...call, legs: [...call.legs, ended] }, [{ do: 'refuse', legId: comes.id, reason: 'unreachable' }]);
  }
  const offer = call.offers + 1;
  return {
    call: {
      ...call,
      legs: [...call.legs, { ...comes, inPlaceOf }],
      offers: offer,
      negotiation: { kind: 'replace', offer, asked: stays.id, comes: comes.id },
    },
    effects: [...interrupted(call), { do: 'offer', legId: stays.id, offer, sdp: comes.sdp }],
  };
}

/** The one who stays has answered to the one who comes. */
export function replaceAnswered(call: Call, number: number, sdp: string): Step {
  const { negotiation } = call;
  if (negotiation?.kind !== 'replace' || negotiation.offer !== number) return unchanged(call);
  const { asked, comes } = negotiation;
  const effects: Effect[] = [{ do: 'accept', legId: comes, sdp }];
  const replacedId = legOf(call, comes)?.inPlaceOf;
  const legs = call.legs.map((leg): Leg => {
    if (leg.id === asked) return { ...leg, sdp };
    if (leg.id === comes) return { ...leg, phase: 'answered' };
    if (leg.id !== replacedId || !isLiving(leg)) return leg;
    effects.push({ do: 'hangUp', legId: leg.id, reason: 'transferred' });
    return { ...leg, phase: 'ended', end: 'transferred' };
  });
  return { call: { ...withoutNegotiation(call), legs, talking: [asked, comes] }, effects };
}

/** The one who stays has not taken what the one who comes brings: things stay as they were. */
export function replaceRefused(call: Call, number: number, now: number): Step {
  const { negotiation } = call;
  if (negotiation?.kind !== 'replace' || negotiation.offer !== number) return unchanged(call);
  const refused: Effect = { do: 'refuse', legId: negotiation.comes, reason: 'notAcceptable' };
  const next = withoutNegotiation(withLeg(call, negotiation.comes, { phase: 'ended', end: 'notAcceptable' }));
  const { call: after, effects } = isReplacedGone(call, negotiation.comes) ? endCall(next, 'hungUp', now) : unchanged(next);
  return { call: after, effects: [refused, ...effects] };
}

/** The one who comes has given up; `call` knows that already. The one who stays is told where the other one still is. */
export function replaceLeft(call: Call, comes: Leg, now: number): Step {
  const next = withoutNegotiation(call);
  const replaced = comes.inPlaceOf === undefined ? undefined : legOf(call, comes.inPlaceOf);
  const stays = comes.inPlaceOf === undefined ? undefined : peerOf(call, comes.inPlaceOf);
  if (replaced === undefined || stays === undefined || !isLiving(replaced)) return endCall(next, 'hungUp', now);
  return ask(next, stays.id, offerOf(replaced), replaced.id);
}

/** A leg goes over to another call: what is left of this one ends. */
export function giveAway(call: Call, legId: LegId, now: number): Step {
  if (call.phase !== 'connected' || legOf(call, legId)?.phase !== 'answered') return unchanged(call);
  return endCall(withLeg(call, legId, { phase: 'ended', end: 'transferred' }), 'transferred', now);
}

function isReplacedGone(call: Call, comes: LegId): boolean {
  const replaced = legOf(call, comes)?.inPlaceOf;
  return replaced === undefined || legOf(call, replaced)?.phase === 'ended';
}
