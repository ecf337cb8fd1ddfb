import type { LegId } from '#shared/ids.ts';
import { type Call, type Effect, isLiving, type Leg, legOf, peerOf, type Step, unchanged, withLeg } from './call.ts';
import { withDirection } from './sdp.ts';

/** How often an offer of the owner is repeated that meets one of theirs. */
const mostGlares = 4;

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
  if (negotiation?.offer !== number || negotiation.kind === 'replace') return unchanged(call);
  if (negotiation.kind === 'relay') {
    const answering = peerOf(call, negotiation.from);
    const next = answering === undefined ? call : withLeg(call, answering.id, { sdp });
    return { call: withoutNegotiation(next), effects: [{ do: 'answer', legId: negotiation.from, sdp }] };
  }
  const next = withoutNegotiation(withLeg(call, negotiation.asked, { sdp }));
  return negotiation.then === undefined ? unchanged(next) : ask(next, negotiation.then, sdp);
}

/**
 * A refused offer changes nothing (RFC 3261 14.1); two that could not be joined go on with what they had.
 *
 * @param isGlare it met an offer of theirs
 */
export function refuseOffer(call: Call, number: number, isGlare: boolean): Step {
  const { negotiation } = call;
  if (negotiation?.offer !== number || negotiation.kind === 'replace') return unchanged(call);
  const next = withoutNegotiation(call);
  if (negotiation.kind === 'relay')
    return unchanged(next, [{ do: 'refuseOffer', legId: negotiation.from, status: isGlare ? 491 : 488 }]);
  if (!isGlare || negotiation.glares >= mostGlares) return unchanged(next);
  const { asked, sdp } = negotiation;
  const again = { ...negotiation, offer: call.offers + 1, glares: negotiation.glares + 1 };
  return unchanged({ ...call, offers: again.offer, negotiation: again }, [
    { do: 'offer', legId: asked, offer: again.offer, sdp, afterGlare: true },
  ]);
}

/** Brings two answered legs together: `first` is offered what `second` had, then `second` what `first` answers. */
export function join(call: Call, first: Leg, second: Leg): Step {
  return second.sdp === undefined ? unchanged(call) : ask(call, first.id, offerOf(second), second.id);
}

/** What may be offered in the name of a leg: what it described, without the hold that it was put on. */
export function offerOf({ sdp = '', holding }: Leg): string {
  return holding ? sdp : withDirection(sdp, 'sendrecv');
}

/** A client puts the other on hold, or takes it back, in the name of a leg: both are told, so that both know. */
export function hold(call: Call, legId: LegId, holding: boolean): Step {
  const leg = legOf(call, legId);
  const peer = peerOf(call, legId);
  const isTalking = call.phase === 'connected' && leg?.phase === 'answered' && peer?.phase === 'answered';
  if (!isTalking || leg.sdp === undefined || call.negotiation !== undefined || leg.holding === holding) return unchanged(call);
  const sdp = withDirection(leg.sdp, holding ? 'inactive' : 'sendrecv');
  return ask(withLeg(call, legId, { holding }), peer.id, sdp, legId);
}

/** Offers to a leg on the owner's own account, whatever else was under way. */
export function ask(call: Call, legId: LegId, sdp: string, then?: LegId): Step {
  const number = call.offers + 1;
  const more = then === undefined ? {} : { then };
  const negotiation = { kind: 'join', offer: number, asked: legId, sdp, glares: 0, ...more } as const;
  return {
    call: { ...call, offers: number, negotiation },
    effects: [...interrupted(call), { do: 'offer', legId, offer: number, sdp }],
  };
}

/** An offer that was on its way is given up for something else. */
export function interrupted({ negotiation, legs }: Call): Effect[] {
  const waits = negotiation?.kind === 'relay' ? negotiation.from : undefined;
  const living = legs.some((leg) => leg.id === waits && isLiving(leg));
  return waits !== undefined && living ? [{ do: 'refuseOffer', legId: waits, status: 491 }] : [];
}

export function withoutNegotiation(call: Call): Call {
  const { negotiation: _done, ...rest } = call;
  return rest;
}
