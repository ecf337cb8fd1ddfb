import type { LegId } from '#shared/ids.ts';
import { type Call, legOf, peerOf } from './call.ts';

export type CallAct = 'hangUp' | 'decline' | 'hold' | 'resume' | 'transfer' | 'sendDigits';

/** What the one at a leg can do now; clients show just these. */
export function possibleActs(call: Call, legId: LegId): CallAct[] {
  const leg = legOf(call, legId);
  if (leg === undefined || leg.phase === 'ended' || call.phase === 'ended') return [];
  if (leg.phase !== 'answered') return leg.direction === 'inbound' ? ['hangUp'] : ['decline'];
  const peer = peerOf(call, legId);
  if (peer?.phase !== 'answered') return ['hangUp'];
  const transferring = call.legs.some(
    (other) => other.inPlaceOf === legId && other.phase !== 'answered' && other.phase !== 'ended',
  );
  const hold = leg.holding ? 'resume' : 'hold';
  return transferring ? ['hangUp', hold] : ['hangUp', hold, 'transfer', 'sendDigits'];
}
