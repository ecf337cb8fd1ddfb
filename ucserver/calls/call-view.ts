import type { CallId, LegId, UserId } from '#shared/ids.ts';
import type { CallView } from '#shared/protocol/calls.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import { type Call, callerOf, isLiving, type Leg, legOf, type Party, peerOf } from './call.ts';
import { possibleActs } from './call-acts.ts';

/** Pure: a call as one of its people sees it. */

export type PartyOf = (userId: UserId) => CallParty;

export interface SeenCall {
  readonly state: Call;
  readonly callee: CallParty;
}

/** The people who have or had a device in a call. */
export function peopleOf({ legs }: Call): Set<UserId> {
  return new Set(legs.flatMap(({ party }) => (party.kind === 'device' ? [party.userId] : [])));
}

/** The leg by which a person is in the call: one that talks before one that rings before one that has ended; the newest of these. */
export function ownLeg({ legs }: Call, userId: UserId): Leg | undefined {
  const own = legs.filter(({ party }) => party.kind === 'device' && party.userId === userId).reverse();
  return (
    own.find(({ phase }) => phase === 'answered') ?? own.find(isLiving) ?? own.find(({ answeredAt }) => answeredAt) ?? own[0]
  );
}

export function partyOfLeg(party: Party, partyOf: PartyOf): CallParty {
  if (party.kind === 'device') return partyOf(party.userId);
  if (party.kind === 'call') return party.with;
  return { number: party.number, ...(party.name === undefined ? {} : { name: party.name }) };
}

/** With whom the one at a leg talks, or would. */
export function peerParty({ state, callee }: SeenCall, leg: Leg, partyOf: PartyOf): CallParty {
  const peer = peerOf(state, leg.id) ?? talkedWith(state, leg);
  if (peer !== undefined) return partyOfLeg(peer.party, partyOf);
  const caller = callerOf(state);
  if (caller === undefined || caller.id === leg.id) return callee;
  return partyOfLeg(caller.party, partyOf);
}

/** Whether the person began the call; who takes the place of one of their own legs goes on as that one. */
export function isOutgoing(state: Call, leg: Leg, userId: UserId): boolean {
  const replaced = leg.inPlaceOf === undefined ? undefined : legOf(state, leg.inPlaceOf);
  if (replaced?.party.kind === 'device' && replaced.party.userId === userId) return isOutgoing(state, replaced, userId);
  return leg.id === callerOf(state)?.id;
}

export function callView(
  call: SeenCall & { readonly version: number },
  userId: UserId,
  partyOf: PartyOf,
): { readonly callId: CallId; readonly legId: LegId; readonly view: CallView } | undefined {
  const { state, version } = call;
  const leg = ownLeg(state, userId);
  if (leg === undefined) return undefined;
  const living = state.legs.filter((each) => isLiving(each) && each.party.kind === 'device' && each.party.userId === userId);
  const target = state.legs.find((each) => each.inPlaceOf === leg.id && isLiving(each) && each.phase !== 'answered');
  const connectedAt = leg.answeredAt === undefined ? undefined : Math.max(leg.answeredAt, state.connectedAt ?? 0);
  const isConnected = state.connectedAt !== undefined && leg.answeredAt !== undefined;
  const ended = isLiving(leg) ? undefined : (leg.end ?? state.end);
  const view: CallView = {
    callId: state.id,
    version,
    direction: isOutgoing(state, leg, userId) ? 'outgoing' : 'incoming',
    phase: ended === undefined ? livingPhase(state, leg) : 'ended',
    peer: peerParty(call, leg, partyOf),
    devices: living.flatMap(({ party }) => (party.kind === 'device' ? [party.deviceId] : [])),
    holding: leg.holding,
    held: peerOf(state, leg.id)?.holding === true,
    ...(target === undefined ? {} : { transferringTo: partyOfLeg(target.party, partyOf) }),
    startedAt: leg.id === callerOf(state)?.id ? state.startedAt : (leg.begunAt ?? state.startedAt),
    ...(state.ringingAt === undefined ? {} : { ringingAt: state.ringingAt }),
    ...(isConnected && connectedAt !== undefined ? { connectedAt } : {}),
    ...(ended === undefined ? {} : { end: ended, endedAt: leg.endedAt ?? state.endedAt ?? state.startedAt }),
    ...(state.refusal === undefined ? {} : { refusal: state.refusal }),
    acts: possibleActs(state, leg.id),
  };
  return { callId: state.id, legId: leg.id, view };
}

function livingPhase(state: Call, leg: Leg): CallView['phase'] {
  if (state.phase === 'connected') return leg.phase === 'answered' ? 'connected' : 'ringing';
  return state.phase === 'ringing' ? 'ringing' : 'preparing';
}

/** Who had talked with a leg that is not talking any more. */
function talkedWith(state: Call, leg: Leg): Leg | undefined {
  const came = state.legs.find(({ inPlaceOf, answeredAt }) => inPlaceOf === leg.id && answeredAt !== undefined);
  return came === undefined || leg.answeredAt === undefined ? undefined : peerOf(state, came.id);
}
