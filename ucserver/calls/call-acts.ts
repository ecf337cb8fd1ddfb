import type { LegId } from '#shared/ids.ts';
import type { CallAct } from '#shared/protocol/calls.ts';
import { type Call, callerOf, legOf, peerOf } from './call.ts';
import { isBeingReplaced } from './call-replace.ts';

/** What the one at a leg can do now; clients show just these. */
export function possibleActs(call: Call, legId: LegId): CallAct[] {
  const leg = legOf(call, legId);
  if (leg === undefined || leg.phase === 'ended' || call.phase === 'ended') return [];
  if (leg.phase !== 'answered') return leg.id === callerOf(call)?.id ? ['hangUp'] : ['decline'];
  const peer = peerOf(call, legId);
  if (peer?.phase !== 'answered') return ['hangUp'];
  const hold = leg.holding ? 'resume' : 'hold';
  return isBeingReplaced(call) ? ['hangUp', hold] : ['hangUp', hold, 'transfer', 'sendDigits'];
}
