import { type CallId, type Incarnation, incarnationId, type LegId, type UserId } from '#shared/ids.ts';
import type { CallTarget } from '#shared/protocol/calls.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import { randomId } from '#shared/random-id.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { SipHeaders, SrfApplication } from '#ucserver/sip/index.ts';
import { type Call, callerOf, type Leg, type Party } from './call.ts';
import type { CallRouting, LegTarget, Route } from './call-routing.ts';
import { begin } from './call-state.ts';
import { InvitedLeg, type LegWay } from './invited-leg.ts';
import { type DialogName, isSameDialog, type LegPort, type Referral } from './leg.ts';
import { external } from './leg-header.ts';
import { OwnedCall } from './owned-call.ts';
import { nameAddress } from './sip-party.ts';

export interface CallOwnerOptions {
  readonly self: () => Incarnation;
  readonly clock: Clock;
  readonly application: SrfApplication;
  readonly routing: CallRouting;
  readonly partyOf: (userId: UserId) => CallParty;
  /** What a phone dials to reach a person; shown in From. */
  readonly addressOf: (userId: UserId) => string;
  readonly noAnswerMs: number;
  readonly onReferral: (call: OwnedCall, legId: LegId, referral: Referral) => void;
}

/** A call of this server has changed; `before` is the state it came from, undefined when it has begun. */
export type CallListener = (call: OwnedCall, before: Call | undefined) => void;

interface Beginning {
  readonly caller: Leg;
  readonly callee: CallParty;
  readonly scenarioId?: CallId | undefined;
  readonly id?: CallId;
  /** Whom to look for once the caller's own device was answered. */
  readonly to?: CallTarget;
}

/** The calls that this server owns. */
export class CallOwner {
  readonly #options: CallOwnerOptions;
  readonly #calls = new Map<CallId, OwnedCall>();
  /** How legs are reached that are not invited yet. */
  readonly #ways = new Map<LegId, readonly LegWay[]>();
  readonly #listeners = new Set<CallListener>();
  readonly #dialling = new WeakMap<OwnedCall, CallTarget>();

  constructor(options: CallOwnerOptions) {
    this.#options = options;
  }

  /** Calls that have not quite ended. */
  all(): Iterable<OwnedCall> {
    return this.#calls.values();
  }

  get(id: CallId): OwnedCall | undefined {
    return this.#calls.get(id);
  }

  /** Hears of each change of each call. Answers how to stop listening. */
  onChange(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The calls of a person that have not ended. */
  *callsOf(userId: UserId): Generator<OwnedCall> {
    for (const call of this.#calls.values()) {
      if (call.state.phase !== 'ended' && call.legsOf(userId).length > 0) yield call;
    }
  }

  /** Which leg this is, as its device or the owner of a call names the dialog. */
  findDialog(name: DialogName): { readonly call: OwnedCall; readonly legId: LegId } | undefined {
    for (const call of this.#calls.values()) {
      for (const { id, dialogName } of call.legs)
        if (dialogName !== undefined && isSameDialog(dialogName, name)) return { call, legId: id };
    }
    return undefined;
  }

  callOfLeg(legId: LegId): OwnedCall | undefined {
    return [...this.#calls.values()].find(({ state }) => state.legs.some(({ id }) => id === legId));
  }

  /** Where a person's call would go; how many calls they have counts. */
  route(userId: UserId, to: CallTarget): Route {
    const calls = [...this.callsOf(userId)].filter(({ state }) => isParty(callerOf(state)?.party, userId)).length;
    return this.#options.routing.route({ userId, calls }, to);
  }

  newId(): CallId {
    return randomId() as CallId;
  }

  /** A call with the caller only. */
  begin({ caller, callee, scenarioId, id = this.newId(), to }: Beginning): OwnedCall {
    const { clock, noAnswerMs, onReferral } = this.#options;
    const call = new OwnedCall({
      ...{ clock, noAnswerMs, onReferral },
      call: begin(id, caller, Math.floor(clock.wallMs())),
      subject: { scenarioId: scenarioId ?? id, callee, term: 1 },
      inviteLeg: (leg, of) => this.#invite(leg, of),
      route: (ready) => this.#routeDialled(ready),
      onChange: (changed, before) => this.#tell(changed, before),
      onFinished: ({ id: finished }) => this.#calls.delete(finished),
    });
    this.#calls.set(id, call);
    if (to !== undefined) this.#dialling.set(call, to);
    this.#tell(call, undefined);
    return call;
  }

  /** Rings whom the route names, or refuses the call. */
  ring(call: OwnedCall, route: Route): void {
    if (route.kind === 'refused') call.event({ type: 'routed', legs: [], refusal: route.refusal });
    else call.event({ type: 'routed', legs: this.legsFor(call, route) });
  }

  /** The legs of a route, ready to be invited. */
  legsFor(call: OwnedCall, route: Extract<Route, { kind: 'legs' }>, more: Partial<Leg> = {}): Leg[] {
    const party = callerOf(call.state)?.party;
    return route.legs({ callId: call.id, caller: personOf(party) }).map((target) => this.legFor(target, more));
  }

  legFor({ party, host, ways }: LegTarget, more: Partial<Leg> = {}): Leg {
    const id = randomId() as LegId;
    this.#ways.set(id, ways);
    return { id, host, party, direction: 'outbound', phase: 'calling', holding: false, ...more };
  }

  /** A leg whose dialog is at this server's own edge. */
  callerLeg(party: Party, sdp: string | undefined): Leg {
    const host = incarnationId(this.#options.self());
    const id = randomId() as LegId;
    return { id, host, party, direction: 'inbound', phase: 'calling', holding: false, ...(sdp === undefined ? {} : { sdp }) };
  }

  /** A server is gone, and all dialogs that its devices had. */
  hostLost(lost: Incarnation): void {
    const host = incarnationId(lost);
    for (const call of [...this.#calls.values()]) {
      for (const leg of call.state.legs) if (leg.host === host) call.legPort(leg.id)?.lose();
    }
  }

  /** Ends all calls. */
  hangUpAll(): void {
    for (const call of [...this.#calls.values()]) {
      const { legs } = call.state;
      for (const { id } of legs) call.legPort(id)?.hangUp('lost');
      for (const { id } of legs) call.event({ type: 'leaves', legId: id, reason: 'lost' });
    }
  }

  /** Our own edge is gone, and all dialogs with it. */
  edgeLost(): void {
    for (const call of [...this.#calls.values()]) for (const port of [...call.legs]) port.lose();
  }

  #invite(leg: Leg, call: OwnedCall): LegPort | undefined {
    const ways = this.#ways.get(leg.id);
    this.#ways.delete(leg.id);
    if (ways === undefined || ways.length === 0) return undefined;
    const { application, clock } = this.#options;
    return new InvitedLeg({
      id: leg.id,
      ways,
      parties: this.#partiesFor(leg, call),
      application,
      clock,
      listener: call,
    });
  }

  /** Whom the device shows: the one it will talk with. */
  #partiesFor(leg: Leg, { state, subject }: OwnedCall): { from: string; to: string; headers: SipHeaders } {
    const own = this.#nameAddressOf(leg.party);
    const isDialling = leg.id === callerOf(state)?.id;
    const other = isDialling ? undefined : state.legs.find(({ id }) => id === otherOf(state, leg));
    const from = other === undefined ? calleeAddress(subject.callee) : this.#nameAddressOf(other.party);
    return { from, to: own, headers: { 'P-Asserted-Identity': from } };
  }

  #nameAddressOf(party: Party): string {
    if (party.kind === 'trunk') return nameAddress(party.name, party.number);
    if (party.kind === 'call') return calleeAddress(party.with);
    const { partyOf, addressOf } = this.#options;
    return nameAddress(partyOf(party.userId).name, addressOf(party.userId));
  }

  #routeDialled(call: OwnedCall): void {
    const to = this.#dialling.get(call);
    const caller = callerOf(call.state)?.party;
    if (to === undefined || caller?.kind !== 'device') return;
    this.ring(call, this.route(caller.userId, to));
  }

  #tell(call: OwnedCall, before: Call | undefined): void {
    for (const listener of [...this.#listeners]) listener(call, before);
  }
}

/** With whom a leg that is invited will talk. */
function otherOf(state: Call, { inPlaceOf }: Leg): LegId | undefined {
  const [a, b] = state.talking ?? [];
  if (inPlaceOf === undefined) return callerOf(state)?.id;
  return a === inPlaceOf ? b : a;
}

/** The person at a leg. */
export function personOf(party: Party | undefined): UserId | typeof external {
  if (party?.kind === 'device') return party.userId;
  return (party?.kind === 'call' ? party.with.userId : undefined) ?? external;
}

function calleeAddress({ name, number, userId }: CallParty): string {
  return nameAddress(name, number ?? userId ?? 'unknown');
}

function isParty(party: Party | undefined, userId: UserId): boolean {
  return party?.kind === 'device' && party.userId === userId;
}
