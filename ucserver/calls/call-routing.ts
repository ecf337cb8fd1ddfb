import type { CallId, IncarnationId, UserId } from '#shared/ids.ts';
import type { CallRefusal, CallTarget } from '#shared/protocol/calls.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import type { Party } from './call.ts';
import type { LegWay } from './invited-leg.ts';
import type { external } from './leg-header.ts';

/** Who wants to call. */
export interface Caller {
  readonly userId: UserId;
  /** Their calls that have not ended, without the one that is to begin. */
  readonly calls: number;
}

/** One leg that may be invited: where its dialog will live, and how it is reached. */
export interface LegTarget {
  readonly party: Party;
  readonly host: IncarnationId;
  readonly ways: readonly LegWay[];
}

/** The call for which legs are made. */
export interface RoutedCall {
  readonly callId: CallId;
  readonly caller: UserId | typeof external;
}

/** What somebody means who calls this. */
export type Route =
  | { readonly kind: 'refused'; readonly refusal: CallRefusal; readonly callee: CallParty }
  /** All of them ring; none: nobody can be reached. */
  | { readonly kind: 'legs'; readonly callee: CallParty; legs(call: RoutedCall): readonly LegTarget[] };

/** Decides where calls go, and who may make them. From memory: neither Redis nor SQL may be asked. */
export interface CallRouting {
  route(caller: Caller, to: CallTarget): Route;
}

export interface CompanyRoutingOptions {
  /** The person with this sign-in name, extension or number. */
  readonly personOf: (dialled: string) => UserId | undefined;
  readonly partyOf: (userId: UserId) => CallParty;
  readonly mayCall: (callee: UserId, caller: UserId) => boolean;
  /** The devices of a person, wherever they are. */
  readonly devicesOf: (userId: UserId, call: RoutedCall) => readonly LegTarget[];
  readonly callsPerUser: number;
}

/** Calls between people of the company. */
export class CompanyRouting implements CallRouting {
  readonly #options: CompanyRoutingOptions;

  constructor(options: CompanyRoutingOptions) {
    this.#options = options;
  }

  route(caller: Caller, to: CallTarget): Route {
    const { personOf, partyOf, mayCall, devicesOf, callsPerUser } = this.#options;
    const userId = 'userId' in to ? to.userId : personOf(to.number);
    if (userId === undefined) return refused('unknownNumber', 'number' in to ? { number: to.number } : {});
    const callee = partyOf(userId);
    if (userId !== caller.userId && !mayCall(userId, caller.userId)) return refused('notAllowed', callee);
    if (caller.calls >= callsPerUser) return refused('tooManyCalls', callee);
    return { kind: 'legs', callee, legs: (call) => devicesOf(userId, call) };
  }

  /** A call from outside: everybody can be called. */
  routeIn(userId: UserId): Route {
    const { partyOf, devicesOf } = this.#options;
    return { kind: 'legs', callee: partyOf(userId), legs: (call) => devicesOf(userId, call) };
  }

  /** The person with this sign-in name or number. */
  personOf(dialled: string): UserId | undefined {
    return this.#options.personOf(dialled);
  }
}

function refused(refusal: CallRefusal, callee: CallParty): Route {
  return { kind: 'refused', refusal, callee };
}
