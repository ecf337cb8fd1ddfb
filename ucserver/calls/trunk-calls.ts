import type { CallId, LegId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Sip, SrfRequest, SrfResponder } from '#ucserver/sip/index.ts';
import type { KnownTrunk, Trunks } from '#ucserver/trunks/index.ts';
import { isLiving } from './call.ts';
import type { CallOwner } from './call-owner.ts';
import type { LegPort } from './leg.ts';
import type { OutsideRouting } from './outside-routing.ts';
import type { OwnedCall } from './owned-call.ts';
import { dialledBy } from './sip-party.ts';
import { refusalOf } from './sip-words.ts';

export interface TrunkCallsOptions {
  readonly owner: CallOwner;
  readonly routing: OutsideRouting;
  readonly trunks: Trunks;
  readonly sip: Pick<Sip, 'deviceOf'>;
  readonly clock: Clock;
}

type MakeLeg = (id: LegId, call: OwnedCall) => LegPort;

/** Calls that come in over trunks, and the lines that calls of this server use. */
export class TrunkCalls {
  readonly #options: TrunkCallsOptions;

  constructor(options: TrunkCallsOptions) {
    this.#options = options;
    const { owner, trunks, routing } = options;
    trunks.endCallsBy((callId) => this.#end(callId as CallId));
    owner.onChange((call, before) => {
      for (const leg of call.state.legs) if (leg.party.kind === 'trunk' && !isLiving(leg)) trunks.free(leg.id);
      for (const leg of before?.legs ?? []) {
        // It belongs to another call now, or to none.
        if (
          leg.party.kind === 'trunk' &&
          !call.state.legs.some(({ id }) => id === leg.id) &&
          owner.callOfLeg(leg.id) === undefined
        )
          trunks.free(leg.id);
      }
      if (call.state.phase === 'ended') routing.ended(call.id);
    });
  }

  /** @returns false when the INVITE comes from no trunk. */
  take(request: SrfRequest, response: SrfResponder, makeLeg: MakeLeg): boolean {
    const { trunks, sip } = this.#options;
    const trunk = trunks.sourceOf(request);
    // A phone beside the trunk proves itself as everywhere.
    if (trunk === undefined || sip.deviceOf(dialledBy(request.getParsedHeader('from').uri)) !== undefined) return false;
    if (Number.parseInt(request.get('Max-Forwards') ?? '70', 10) < 1) response.send(483);
    else if (request.has('Replaces')) response.send(403);
    else if (trunks.isFull(trunk.id)) this.#refuseFull(response);
    else this.#begin(trunk, request, makeLeg);
    return true;
  }

  /** Whoever floods a trunk gets no further than its lines. */
  #refuseFull(response: SrfResponder): void {
    const { status, reason, headers } = refusalOf('refused', 'noLine');
    response.send(status, reason, { headers });
  }

  #begin(trunk: KnownTrunk, request: SrfRequest, makeLeg: MakeLeg): void {
    const { owner, routing, trunks, clock } = this.#options;
    const asserted = /<([^>]+)>|((?:sips?|tel):[^\s,;]+)/i.exec(request.get('P-Asserted-Identity') ?? '');
    const identity = asserted?.[1] ?? asserted?.[2] ?? request.getParsedHeader('from').uri;
    const called = [request.uri, request.getParsedHeader('to').uri].map(dialledBy).filter((text) => text !== '');
    const party = { kind: 'trunk', trunkId: trunk.id, ...routing.callerOf(trunk, dialledBy(identity)) } as const;
    const route = routing.routeIn(trunk, called);
    const { body } = request;
    const caller = owner.callerLeg(party, body === undefined || body === '' ? undefined : body);
    const call = owner.begin({ caller, callee: route.callee });
    trunks.take(caller.id, { trunkId: trunk.id, callId: call.id, emergency: false, startedAt: Math.floor(clock.wallMs()) });
    call.addLeg(makeLeg(caller.id, call));
    owner.ring(call, route);
  }

  /** Gives the line of a call to another one. */
  #end(callId: CallId): boolean {
    const call = this.#options.owner.get(callId);
    const leg = call?.state.legs.find((each) => each.party.kind === 'trunk' && isLiving(each));
    if (call === undefined || leg === undefined) return false;
    call.legPort(leg.id)?.hangUp('hungUp');
    call.event({ type: 'leaves', legId: leg.id, reason: 'hungUp' });
    return true;
  }
}
