import type { CallRefusal } from '#shared/protocol/calls.ts';
import { type Call, type Effect, type EndReason, isLiving, type Leg, type Step, unchanged } from './call.ts';

/** The call ends: each leg that lives is told in the way its phase demands. */
export function endCall(call: Call, end: EndReason, now: number, legReason: EndReason = end): Step {
  if (call.phase === 'ended') return unchanged(call);
  const effects: Effect[] = [];
  const legs = call.legs.map((leg): Leg => {
    if (!isLiving(leg)) return leg;
    effects.push(ending(leg, legReason, call.refusal));
    return { ...leg, phase: 'ended', end: legReason };
  });
  const { negotiation: _ended, ...rest } = call;
  return { call: { ...rest, legs, phase: 'ended', end, endedAt: now }, effects };
}

/** How a leg is ended from here: a final answer, CANCEL or BYE. */
export function ending(leg: Leg, reason: EndReason, refusal?: CallRefusal): Effect {
  if (leg.phase === 'answered') return { do: 'hangUp', legId: leg.id, reason };
  if (leg.direction === 'outbound') return { do: 'cancel', legId: leg.id, reason };
  return { do: 'refuse', legId: leg.id, reason, ...(refusal === undefined ? {} : { refusal }) };
}
