import type { DeviceId, LegId, UserId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { KnownDevice, Sip, SrfRequest, SrfResponder } from '#ucserver/sip/index.ts';
import type { Leg } from './call.ts';
import type { CallOwner } from './call-owner.ts';
import { CallerLeg } from './caller-leg.ts';
import { external, type LegOrder, legHeader, readLegHeader, replacedLegPrefix } from './leg-header.ts';
import type { LegHost } from './leg-host.ts';
import type { OwnedCall } from './owned-call.ts';
import { readReplaces } from './referrals.ts';
import { sessionSeconds } from './session-timer.ts';
import { dialledBy } from './sip-party.ts';
import type { TrunkCalls } from './trunk-calls.ts';

export interface InvitesOptions {
  readonly sip: Sip;
  readonly owner: CallOwner;
  readonly legHost: LegHost;
  readonly partyOf: (userId: UserId) => CallParty;
  readonly trunkCalls: Pick<TrunkCalls, 'take'>;
  readonly meshKeys: MeshKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Takes the INVITEs that come to the edge of this server: from devices, and from servers for devices of this edge. */
export class Invites {
  readonly #options: InvitesOptions;

  constructor(options: InvitesOptions) {
    this.#options = options;
  }

  handle(request: SrfRequest, response: SrfResponder): void {
    const { sip, meshKeys, clock, trunkCalls } = this.#options;
    if (request.has(legHeader)) {
      const order = readLegHeader(meshKeys, request, clock.wallMs());
      if (order === undefined) this.#refuseForged(request, response);
      else this.#order(order, request, response);
      return;
    }
    if (trunkCalls.take(request, response, (id, call) => this.#callerLeg(id, call, request, response))) return;
    const device = sip.admit(request, response);
    if (device === undefined) return;
    const asked = Number.parseInt(request.get('Session-Expires') ?? '', 10);
    if (asked < sessionSeconds) response.send(422, { headers: { 'Min-SE': String(sessionSeconds) } });
    else if (Number.parseInt(request.get('Max-Forwards') ?? '70', 10) < 1) response.send(483);
    else if (request.has('Replaces')) this.#replace(device, request, response);
    else this.#call(device, request, response);
  }

  #call({ userId, id }: KnownDevice, request: SrfRequest, response: SrfResponder): void {
    const { owner } = this.#options;
    const route = owner.route(userId, { number: dialledBy(request.uri) });
    const party = { kind: 'device', userId, deviceId: id as DeviceId } as const;
    const caller = owner.callerLeg(party, offerOf(request));
    const call = owner.begin({ caller, callee: route.callee });
    call.addLeg(this.#callerLeg(caller.id, call, request, response));
    owner.ring(call, route);
  }

  /** A device wants to take the place of another in a call (RFC 3891): only of one of the same person. */
  #replace({ userId, id }: KnownDevice, request: SrfRequest, response: SrfResponder): void {
    const { owner } = this.#options;
    const name = readReplaces(request.get('Replaces') ?? '');
    const found = name === undefined ? undefined : owner.findDialog(name);
    const leg = found?.call.state.legs.find((each) => each.id === found.legId);
    if (found === undefined || leg === undefined) response.send(481);
    else if (leg.party.kind !== 'device' || leg.party.userId !== userId) response.send(403);
    else {
      const comes = owner.callerLeg({ kind: 'device', userId, deviceId: id as DeviceId }, offerOf(request));
      this.#comes(found.call, comes, leg.id, request, response);
    }
  }

  /** What another server orders: a leg to a device of this edge, or one that takes a place in a call of ours. */
  #order(order: LegOrder, request: SrfRequest, response: SrfResponder): void {
    const { owner, legHost } = this.#options;
    if (!order.target.startsWith(replacedLegPrefix)) {
      legHost.take(order, request, response);
      return;
    }
    const legId = order.target.slice(replacedLegPrefix.length) as LegId;
    const call = owner.callOfLeg(legId);
    if (call === undefined) {
      response.send(481);
      return;
    }
    call.joinScenario(order.callId);
    const party = order.caller === external ? {} : this.#options.partyOf(order.caller);
    const comes: Leg = { ...owner.callerLeg({ kind: 'call', with: party }, offerOf(request)), host: order.owner };
    this.#comes(call, comes, legId, request, response);
  }

  #comes(call: OwnedCall, comes: Leg, inPlaceOf: LegId, request: SrfRequest, response: SrfResponder): void {
    call.addLeg(this.#callerLeg(comes.id, call, request, response));
    call.event({ type: 'replaces', leg: comes, inPlaceOf });
  }

  #callerLeg(id: LegId, call: OwnedCall, request: SrfRequest, response: SrfResponder): CallerLeg {
    const { sip, clock } = this.#options;
    return new CallerLeg({ id, request, response, application: sip.application, clock, listener: call });
  }

  #refuseForged({ source_address: from }: SrfRequest, response: SrfResponder): void {
    this.#options.logger.warn('an INVITE claimed to come from a server of this mesh', { from });
    response.send(403);
  }
}

function offerOf({ body }: SrfRequest): string | undefined {
  return body === undefined || body === '' ? undefined : body;
}
