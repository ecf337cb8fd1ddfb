import type { UserId } from '#shared/ids.ts';
import type { CallView } from '#shared/protocol/calls.ts';
import type { CallParty, CallResult } from '#shared/protocol/journal.ts';
import type { JournalRowInput } from '#ucserver/journal/index.ts';
import { type Call, callerOf, type EndReason, isLiving, type Leg, legOf } from './call.ts';
import { isOutgoing, ownLeg, type PartyOf, partyOfLeg, peerParty } from './call-view.ts';
import type { CallSubject } from './owned-call.ts';
import { refusalOf } from './sip-words.ts';

/** Pure: what the journals of its people keep of a call. */

export interface JournalledCall {
  readonly state: Call;
  readonly subject: CallSubject;
  readonly version: number;
}

/** The row of one person whose part in the call is over. @param now milliseconds since 1970 */
export function journalRow(call: JournalledCall, userId: UserId, partyOf: PartyOf, now: number): JournalRowInput | undefined {
  const { state, subject } = call;
  const leg = ownLeg(state, userId);
  if (leg === undefined) return subject.callee.userId === userId ? unreachedRow(call, userId, partyOf, now) : undefined;
  const outgoing = isOutgoing(state, leg, userId);
  const peer = peerParty({ state, callee: subject.callee }, leg, partyOf);
  const result = outgoing ? outgoingResult(state, leg) : incomingResult(state, leg);
  const isConnected = result === 'answered';
  const answerer = answererOf(state);
  const acceptedBy = answerer === undefined ? undefined : partyOfLeg(answerer.party, partyOf);
  const isElsewhere = acceptedBy !== undefined && acceptedBy.userId !== (outgoing ? subject.callee.userId : userId);
  const replaced = leg.inPlaceOf === undefined ? undefined : legOf(state, leg.inPlaceOf);
  const successor =
    leg.end === 'transferred' ? state.legs.find((each) => each.inPlaceOf === leg.id && each.answeredAt) : undefined;
  const own = partyOf(userId).number;
  return {
    ...general(call, userId, now),
    direction: outgoing ? 'outgoing' : 'incoming',
    scope: peer.userId === undefined ? 'external' : 'internal',
    peer,
    ...(own === undefined ? {} : { ownNumber: own }),
    startedAt: outgoing ? state.startedAt : (leg.begunAt ?? state.startedAt),
    ...(state.ringingAt === undefined ? {} : { ringingAt: state.ringingAt }),
    ...(isConnected ? { connectedAt: Math.max(leg.answeredAt ?? 0, state.connectedAt ?? 0) } : {}),
    endedAt: leg.endedAt ?? state.endedAt ?? now,
    result,
    ...(outgoing && !isConnected ? statusOf(state) : {}),
    ...(isElsewhere && (outgoing || result === 'answeredElsewhere') ? { acceptedBy } : {}),
    ...(replaced === undefined ? {} : { transferredFrom: partyOfLeg(replaced.party, partyOf) }),
    ...(successor === undefined ? {} : { transferredTo: partyOfLeg(successor.party, partyOf) }),
  };
}

/** The row of a call whose owner is dead, from what it had told last of it. @param now milliseconds since 1970 */
export function lostRow(view: CallView, userId: UserId, partyOf: PartyOf, now: number): JournalRowInput {
  const { callId, direction, peer, startedAt, ringingAt, connectedAt } = view;
  const own = partyOf(userId).number;
  const unanswered = direction === 'incoming' ? 'missed' : 'failed';
  return {
    ...{ userId, callId, scenarioId: callId, direction, peer, startedAt },
    scope: peer.userId === undefined ? 'external' : 'internal',
    ...(own === undefined ? {} : { ownNumber: own }),
    ...(ringingAt === undefined ? {} : { ringingAt }),
    ...(connectedAt === undefined ? {} : { connectedAt }),
    endedAt: now,
    result: connectedAt === undefined ? unanswered : 'answered',
    term: 1,
    closedByOther: true,
  };
}

/** Those whose part was not over and is now; with the call also whom it did not reach. */
export function finishedPeople(before: Call | undefined, { state, subject }: JournalledCall): UserId[] {
  const finished = new Set<UserId>();
  for (const leg of state.legs) {
    if (leg.party.kind !== 'device') continue;
    const { userId } = leg.party;
    if (isIn(state, userId)) continue;
    if (before === undefined || isIn(before, userId) || legOf(before, leg.id) === undefined) finished.add(userId);
  }
  const { userId } = subject.callee;
  const isOver = state.phase === 'ended' && before?.phase !== 'ended';
  const isUnreached = userId !== undefined && state.end === 'unreachable' && !state.legs.some(({ party }) => isOf(party, userId));
  if (isOver && isUnreached) finished.add(userId);
  return [...finished];
}

function unreachedRow(call: JournalledCall, userId: UserId, partyOf: PartyOf, now: number): JournalRowInput | undefined {
  const { state } = call;
  const caller = callerOf(state);
  if (caller === undefined) return undefined;
  const peer: CallParty = partyOfLeg(caller.party, partyOf);
  return {
    ...general(call, userId, now),
    direction: 'incoming',
    scope: peer.userId === undefined ? 'external' : 'internal',
    peer,
    startedAt: state.startedAt,
    result: 'missed',
  };
}

function general({ state, subject, version }: JournalledCall, userId: UserId, now: number) {
  return {
    userId,
    callId: state.id,
    scenarioId: subject.scenarioId,
    endedAt: state.endedAt ?? now,
    term: subject.term,
    revision: Math.min(version, 999_999),
  };
}

function outgoingResult(state: Call, leg: Leg): CallResult {
  if (state.connectedAt !== undefined && leg.answeredAt !== undefined) return 'answered';
  const results: Partial<Record<EndReason, CallResult>> = {
    callerLeft: 'cancelled',
    hungUp: 'cancelled',
    noAnswer: 'noAnswer',
    busy: 'busy',
    declined: 'declined',
    unreachable: 'unreachable',
  };
  return results[state.end ?? leg.end ?? 'lost'] ?? 'failed';
}

function incomingResult(state: Call, leg: Leg): CallResult {
  if (leg.answeredAt !== undefined) return 'answered';
  if (leg.end === 'declined' || state.end === 'declined') return 'declined';
  if (leg.end === 'completedElsewhere') return 'answeredElsewhere';
  return leg.end === 'busy' ? 'busy' : 'missed';
}

/** With what the caller's INVITE was answered. */
function statusOf({ end, refusal }: Call): { sipStatus?: number } {
  return end === undefined || end === 'callerLeft' || end === 'hungUp' ? {} : { sipStatus: refusalOf(end, refusal).status };
}

/** Who took the call first. */
function answererOf(state: Call): Leg | undefined {
  const caller = callerOf(state)?.id;
  return state.legs.find(({ id, answeredAt, inPlaceOf }) => id !== caller && answeredAt !== undefined && inPlaceOf === undefined);
}

function isIn(state: Call, userId: UserId): boolean {
  return state.legs.some((leg) => isLiving(leg) && isOf(leg.party, userId));
}

function isOf(party: Leg['party'], userId: UserId): boolean {
  return party.kind === 'device' && party.userId === userId;
}
