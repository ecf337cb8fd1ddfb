import type { LegId } from '#shared/ids.ts';
import { type Call, type Effect, isLiving, type Leg, peerOf, type Step, unchanged, withLeg } from './call.ts';

/** A leg offers anew (hold, resume, other codecs): the one it talks with is asked. One offer at a time (RFC 3261 14.2). */
export function offer(call: Call, legId: LegId, sdp: string, holding: boolean): Step {
  const peer = peerOf(call, legId);
  if (call.phase !== 'connected' || peer?.phase !== 'answered') {
    return unchanged(call, [{ do: 'refuseOffer', legId, status: 488 }]);
  }
  if (call.negotiation !== undefined) return unchanged(call, [{ do: 'refuseOffer', legId, status: 491 }]);
  const number = call.offers + 1;
  const next = withLeg(call, legId, { sdp, holding });
  return {
    call: { ...next, offers: number, negotiation: { kind: 'relay', offer: number, from: legId } },
    effects: [{ do: 'offer', legId: peer.id, offer: number, sdp }],
  };
}

/** The answer to an offer of the owner. */
export function answerOffer(call: Call, number: number, sdp: string): Step {
  const { negotiation } = call;
  if (negotiation?.offer !== number) return unchanged(call);
  if (negotiation.kind === 'relay') {
    const answering = peerOf(call, negotiation.from);
    const next = answering === undefined ? call : withLeg(call, answering.id, { sdp });
    return { call: withoutNegotiation(next), effects: [{ do: 'answer', legId: negotiation.from, sdp }] };
  }
  const next = withoutNegotiation(withLeg(call, negotiation.asked, { sdp }));
  return negotiation.then === undefined ? unchanged(next) : ask(next, negotiation.then, sdp);
}

/** A refused offer changes nothing (RFC 3261 14.1); two that could not be joined go on with what they had. */
export function refuseOffer(call: Call, number: number): Step {
  const { negotiation } = call;
  if (negotiation?.offer !== number) return unchanged(call);
  const effects: Effect[] = negotiation.kind === 'relay' ? [{ do: 'refuseOffer', legId: negotiation.from, status: 488 }] : [];
  return { call: withoutNegotiation(call), effects };
}

/** Brings two answered legs together: `first` is offered what `second` had, then `second` what `first` answers. */
export function join(call: Call, first: Leg, second: Leg): Step {
  return second.sdp === undefined ? unchanged(call) : ask(call, first.id, second.sdp, second.id);
}

/** Offers to a leg on the owner's own account, whatever else was under way. */
export function ask(call: Call, legId: LegId, sdp: string, then?: LegId): Step {
  const number = call.offers + 1;
  const negotiation = { kind: 'join', offer: number, asked: legId, ...(then === undefined ? {} : { then }) } as const;
  return {
    call: { ...call, offers: number, negotiation },
    effects: [...interrupted(call), { do: 'offer', legId, offer: number, sdp }],
  };
}

function interrupted({ negotiation, legs }: Call): Effect[] {
  if (negotiation?.kind !== 'relay') return [];
  const living = legs.some((leg) => leg.id === negotiation.from && isLiving(leg));
  return living ? [{ do: 'refuseOffer', legId: negotiation.from, status: 491 }] : [];
}

function withoutNegotiation(call: Call): Call {
  const { negotiation: _done, ...rest } = call;
  return rest;
}
