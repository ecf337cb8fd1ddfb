import type { CallId, IncarnationId, UserId } from '#shared/ids.ts';
import type { CallRefusal, CallTarget } from '#shared/protocol/calls.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { DialPlans } from '#ucserver/dial-plan/index.ts';
import { extensionOf, type Refusal, readDialled, type Site, toE164, whyRefused } from '#ucserver/dialing/index.ts';
import { type KnownTrunk, peerUri, type Trunks, type UsableTrunk, writtenFor } from '#ucserver/trunks/index.ts';
import type { Caller, CallRouting, CompanyRouting, LegTarget, Route, RoutedCall } from './call-routing.ts';
import type { LegWay } from './invited-leg.ts';
import { nameAddress } from './sip-party.ts';

export interface OutsideRoutingOptions {
  readonly company: CompanyRouting;
  readonly plans: DialPlans;
  readonly trunks: Pick<Trunks, 'usable' | 'take'>;
  /** Who is behind an outside number. */
  readonly nameOf: (number: string) => Pick<CallParty, 'userId' | 'name'> | undefined;
  readonly partyOf: (userId: UserId) => CallParty;
  readonly self: () => IncarnationId;
  readonly callsPerUser: number;
  readonly clock: Clock;
}

interface OutsideCall {
  readonly number: string;
  readonly caller: UserId;
  readonly site: Site;
  readonly emergency: boolean;
  readonly premium: boolean;
}

/** Calls within the company, and out of it over trunks by the dial plan. */
export class OutsideRouting implements CallRouting {
  readonly #options: OutsideRoutingOptions;
  /** Calls to premium numbers that have not ended. */
  readonly #premium = new Map<CallId, UserId>();

  constructor(options: OutsideRoutingOptions) {
    this.#options = options;
  }

  route(caller: Caller, to: CallTarget): Route {
    const { company, plans, callsPerUser, clock } = this.#options;
    if ('userId' in to) return company.route(caller, to);
    const site = plans.siteOf(caller.userId);
    const isExtension = (digits: string) => plans.personOf(digits) !== undefined;
    const dialled = readDialled(to.number, plans.plan, site, isExtension);
    if (dialled.kind === 'emergency') {
      return this.#out({ number: dialled.number, caller: caller.userId, site, emergency: true, premium: false });
    }
    const person = dialled.kind === 'extension' ? plans.personOf(dialled.extension) : undefined;
    if (person !== undefined) return company.route(caller, { userId: person });
    const within = company.route(caller, to);
    if (within.kind !== 'refused' || within.refusal !== 'unknownNumber') return within;
    const premiumCalls = [...this.#premium.values()].filter((userId) => userId === caller.userId).length;
    const asked = { classOfService: plans.classOf(caller.userId), site, calls: caller.calls, premiumCalls };
    const limits = { callsPerUser, premiumCallsPerUser: plans.premiumCallsPerUser };
    const refusal = whyRefused(dialled, asked, limits, clock.wallMs());
    if (refusal !== undefined) return { kind: 'refused', refusal: refusalFor(refusal), callee: { number: to.number } };
    if (dialled.kind !== 'external') return within;
    const premium = dialled.reach === 'premium';
    return this.#out({ number: dialled.e164, caller: caller.userId, site, emergency: false, premium });
  }

  /** A call that comes in over a trunk; nobody gets out again this way. */
  routeIn(trunk: KnownTrunk, called: readonly string[]): Route {
    const { company, plans } = this.#options;
    const site = plans.siteNamed(trunk.site);
    for (const text of called) {
      const number = toE164(text, site.country) ?? text;
      const extension = extensionOf(number, plans.plan) ?? text;
      const person = plans.personOf(extension) ?? company.personOf(number);
      if (person !== undefined) return company.routeIn(person);
    }
    return { kind: 'refused', refusal: 'unknownNumber', callee: called[0] === undefined ? {} : { number: called[0] } };
  }

  /** Who calls from outside, as far as that is known. @param text what the other side wrote */
  callerOf(trunk: KnownTrunk, text: string): { readonly number: string; readonly name?: string } {
    const number = toE164(text, this.#options.plans.siteNamed(trunk.site).country) ?? text;
    const name = this.#options.nameOf(number)?.name;
    return { number, ...(name === undefined ? {} : { name }) };
  }

  ended(callId: CallId): void {
    this.#premium.delete(callId);
  }

  #out(call: OutsideCall): Route {
    const { trunks, nameOf } = this.#options;
    const callee = { ...nameOf(call.number), number: call.number };
    const usable = trunks.usable(call.site.id, call.emergency);
    if (usable.length === 0) return { kind: 'refused', refusal: 'noLine', callee };
    return {
      kind: 'legs',
      callee,
      legs: (routed) => {
        if (call.premium) this.#premium.set(routed.callId, call.caller);
        return [this.#legOver(usable, call, routed)];
      },
    };
  }

  /** One leg: the trunks and their peers are tried one after another. */
  #legOver(usable: readonly UsableTrunk[], call: OutsideCall, routed: RoutedCall): LegTarget {
    const trunkId = usable[0]?.trunk.id ?? '';
    return {
      party: { kind: 'trunk', trunkId, number: call.number },
      host: this.#options.self(),
      ways: usable.flatMap((each) => this.#waysOver(each, call, routed)),
    };
  }

  #waysOver({ trunk, link, choice }: UsableTrunk, call: OutsideCall, { callId }: RoutedCall): LegWay[] {
    const { trunks, clock } = this.#options;
    const number = writtenFor(trunk, call.number);
    const { userName: username, password } = trunk;
    return link.peers.map((peer) => {
      const domain = trunk.domain ?? peer.host;
      const from = atDomain(this.#callerIdOf(trunk, call), domain);
      return {
        uri: peerUri(peer, number),
        path: [],
        parties: { from, to: atDomain({ number }, domain) },
        // The first answer counts; a provider that forks would send a second (RFC 3841).
        headers: () => ({ 'P-Asserted-Identity': from, 'Request-Disposition': 'no-fork' }),
        ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
        isGone: isTrunkGone,
        onTaken: (leg) => {
          const use = { trunkId: trunk.id, callId, emergency: call.emergency, startedAt: Math.floor(clock.wallMs()) };
          trunks.take(leg, use, choice);
        },
      };
    });
  }

  /** What the called one sees. Emergency services must be able to find the site. */
  #callerIdOf(trunk: KnownTrunk, { caller, site, emergency }: OutsideCall): { number: string | undefined; name?: string } {
    const { plans, partyOf } = this.#options;
    const ofSite = site.callerId ?? trunk.number;
    const own = plans.outsideNumberOf(caller) ?? ofSite;
    const shown = emergency || trunk.callerId === 'site' ? ofSite : trunk.callerId === 'trunk' ? trunk.number : own;
    const { name } = partyOf(caller);
    const number = shown === undefined ? trunk.userName : writtenFor(trunk, shown);
    return { number, ...(trunk.callerId === 'person' && !emergency && name !== undefined ? { name } : {}) };
  }
}

function atDomain({ number, name }: { number: string | undefined; name?: string }, domain: string): string {
  return nameAddress(name, number ?? 'anonymous')
    .replace('%2B', '+')
    .replace('@localhost', `@${domain}`);
}

/** What another trunk may do better: no line, trouble over there. What says something about the called one does not. */
function isTrunkGone(status: number): boolean {
  return (status >= 500 && status < 600) || [403, 407, 408, 410, 430].includes(status);
}

function refusalFor(refusal: Refusal): CallRefusal {
  switch (refusal.reason) {
    case 'number':
      return 'unknownNumber';
    case 'tooManyPremiumCalls':
      return 'tooManyCalls';
    default:
      return refusal.reason;
  }
}
