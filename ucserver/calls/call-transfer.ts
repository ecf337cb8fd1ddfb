import type { LegId } from '#shared/ids.ts';
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
import { endCall } from './call-end.ts';
import { ask, join, offerOf } from './call-media.ts';
import { isBeingReplaced } from './call-replace.ts';

/**
 * Blind transfer (RFC 5589 6): the one who stays is offered to the targets with its own description. Until one answers, the
 * conversation goes on or, if the one who transfers has left, the other waits.
 */
export function transfer(call: Call, legId: LegId, targets: readonly Leg[]): Step {
  const stays = peerOf(call, legId);
  const leg = legOf(call, legId);
  const fits = call.phase === 'connected' && leg?.phase === 'answered' && stays?.phase === 'answered';
  if (!fits || isBeingReplaced(call) || targets.length === 0) {
    return unchanged(call, [{ do: 'reportTransfer', legId, status: 480 }]);
  }
  const invited = targets.map((target): Leg => ({ ...target, inPlaceOf: legId }));
  const invites = invited.map((target): Effect => ({ do: 'invite', leg: target, sdp: offerOf(stays) }));
  return {
    call: { ...call, legs: [...call.legs, ...invited] },
    effects: [{ do: 'reportTransfer', legId, status: 100 }, ...invites],
  };
}

/** The first target that answers takes the place of the one who transferred. */
export function transferAnswered(call: Call, target: Leg, sdp: string | undefined): Step {
  const stays = target.inPlaceOf === undefined ? undefined : peerOf(call, target.inPlaceOf);
  if (call.phase !== 'connected' || target.inPlaceOf === undefined || stays?.phase !== 'answered') {
    return unchanged(withLeg(call, target.id, { phase: 'ended', end: 'callerLeft' }), [
      { do: 'hangUp', legId: target.id, reason: 'callerLeft' },
    ]);
  }
  const answered = withLeg(call, target.id, { phase: 'answered', ...(sdp === undefined ? {} : { sdp }) });
  const replaced = replace(answered, target.inPlaceOf, stays.id, target.id);
  if (sdp === undefined) return replaced;
  // The target answered what `stays` had offered; now `stays` must learn where the target is.
  const asked = ask(replaced.call, stays.id, sdp);
  return { call: asked.call, effects: [...replaced.effects, ...asked.effects] };
}

/** A target was not reached: the one who transferred talks on; if that one has left, nobody is there to talk to. */
export function transferEnded(call: Call, target: Leg, reason: EndReason, now: number): Step {
  const replaced = target.inPlaceOf === undefined ? undefined : legOf(call, target.inPlaceOf);
  const others = call.legs.some((leg) => leg.inPlaceOf === target.inPlaceOf && isLiving(leg));
  if (replaced === undefined || others) return unchanged(call);
  if (!isLiving(replaced)) return endCall(call, reason, now);
  const status = reason === 'busy' ? 486 : reason === 'declined' ? 603 : 480;
  return unchanged(call, [{ do: 'reportTransfer', legId: replaced.id, status }]);
}

/** Attended transfer (RFC 5589 7): the leg of the other call is there and answered, so the two are joined at once. */
export function adopt(call: Call, adopted: Leg, inPlaceOf: LegId): Step {
  const stays = peerOf(call, inPlaceOf);
  if (call.phase !== 'connected' || stays?.phase !== 'answered' || adopted.phase !== 'answered' || isBeingReplaced(call)) {
    return unchanged(call, [{ do: 'reportTransfer', legId: inPlaceOf, status: 480 }]);
  }
  const replaced = replace({ ...call, legs: [...call.legs, adopted] }, inPlaceOf, stays.id, adopted.id);
  const joined = join(replaced.call, adopted, stays);
  return { call: joined.call, effects: [...replaced.effects, ...joined.effects] };
}

/** Others that were tried in the same place are not needed any more. */
function replace(call: Call, replacedId: LegId, stays: LegId, comes: LegId): Step {
  const effects: Effect[] = [];
  const legs = call.legs.map((leg): Leg => {
    if (!isLiving(leg)) return leg;
    if (leg.id === replacedId) {
      effects.push({ do: 'reportTransfer', legId: leg.id, status: 200 });
      effects.push({ do: 'hangUp', legId: leg.id, reason: 'transferred' });
      return { ...leg, phase: 'ended', end: 'transferred' };
    }
    if (leg.inPlaceOf !== replacedId || leg.phase === 'answered') return leg;
    effects.push({ do: 'cancel', legId: leg.id, reason: 'completedElsewhere' });
    return { ...leg, phase: 'ended', end: 'completedElsewhere' };
  });
  return { call: { ...call, legs, talking: [stays, comes] }, effects };
}
