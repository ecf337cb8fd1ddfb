import type { CallId, DeviceId, LegId, UserId } from '#shared/ids.ts';
import type { CallActRequest } from '#shared/mesh/contracts/calls.ts';
import type { CallAct, CallTarget } from '#shared/protocol/calls.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { isLiving, type Leg } from './call.ts';
import { possibleActs } from './call-acts.ts';
import { type CallOwner, personOf } from './call-owner.ts';
import type { DeviceLegs } from './device-legs.ts';
import { readLegAddress } from './leg-header.ts';
import type { OwnedCall } from './owned-call.ts';
import type { Transfers } from './transfers.ts';

export interface ClientActsOptions {
  readonly owner: CallOwner;
  readonly transfers: Transfers;
  readonly deviceLegs: DeviceLegs;
  readonly mayPickUp: (presentity: UserId, picker: UserId) => boolean;
}

/** What clients do to the calls of this server. */
export class ClientActs {
  readonly #options: ClientActsOptions;

  constructor(options: ClientActsOptions) {
    this.#options = options;
  }

  /** Rings the device of the user first. @throws UCError CALL_REFUSED */
  dial(userId: UserId, to: CallTarget, deviceId: string): CallId {
    const { owner, deviceLegs } = this.#options;
    const route = owner.route(userId, to);
    if (route.kind === 'refused') throw refused(route.refusal);
    const callId = owner.newId();
    const target = deviceLegs.of(userId, { callId, caller: userId }).find(({ party }) => isDevice(party, deviceId));
    if (target === undefined) throw refused('noDevice');
    const call = owner.begin({ id: callId, caller: owner.legFor(target), callee: route.callee, to });
    call.event({ type: 'dials' });
    return callId;
  }

  /** @throws UCError NOT_FOUND, NOT_POSSIBLE_NOW, CALL_REFUSED */
  async act(userId: UserId, callId: CallId, legId: LegId, act: CallActRequest): Promise<void> {
    const call = this.#options.owner.get(callId);
    const leg = call?.legsOf(userId).find(({ id }) => id === legId);
    if (call === undefined || leg === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.callId' });
    const needed: CallAct = act.kind === 'transferTo' ? 'transfer' : act.kind;
    if (!possibleActs(call.state, legId).includes(needed)) throw notPossible();
    switch (act.kind) {
      case 'hangUp':
        this.#leave(call, leg);
        break;
      case 'decline':
        this.#decline(call, userId);
        break;
      case 'hold':
      case 'resume':
        this.#hold(call, legId, act.kind === 'hold');
        break;
      case 'transfer':
        this.#options.transfers.blind(call, legId, userId, act.to);
        break;
      case 'transferTo': {
        const address = readLegAddress(`${act.owner} ${act.leg} ${act.talksWith}`);
        if (address === undefined || !this.#options.transfers.join(call, legId, address)) throw notPossible();
        break;
      }
      case 'sendDigits':
        await this.#sendDigits(call, legId, act.digits);
    }
  }

  /** Lets a call that rings at somebody ring at the actor too. @throws UCError FORBIDDEN, NOT_FOUND, CALL_REFUSED */
  pickUp(actor: UserId, userId: UserId, callId: CallId, deviceId: string | undefined): void {
    const { owner, deviceLegs, mayPickUp } = this.#options;
    if (actor !== userId && !mayPickUp(userId, actor)) throw new UCError('FORBIDDEN');
    const call = owner.get(callId);
    const rings = call?.legsOf(userId).some((leg) => isLiving(leg) && leg.phase !== 'answered' && leg.direction === 'outbound');
    if (call === undefined || call.state.phase !== 'ringing' || rings !== true)
      throw new UCError('NOT_FOUND', 'No call rings there any more.', { field: 'params.userId' });
    const caller = personOf(call.state.legs[0]?.party);
    const known = new Set(call.legsOf(actor).flatMap(({ party, ...leg }) => (isLiving({ party, ...leg }) ? [idOf(party)] : [])));
    const targets = deviceLegs
      .of(actor, { callId, caller })
      .filter(({ party }) => (deviceId === undefined || isDevice(party, deviceId)) && !known.has(idOf(party)));
    if (targets.length === 0) throw refused('noDevice');
    call.event({ type: 'joinsRinging', legs: targets.map((target) => owner.legFor(target, { isGuest: true })) });
  }

  #leave(call: OwnedCall, leg: Leg): void {
    call.legPort(leg.id)?.hangUp('hungUp');
    call.event({ type: 'leaves', legId: leg.id, reason: 'hungUp' });
  }

  #decline(call: OwnedCall, userId: UserId): void {
    for (const leg of call.legsOf(userId)) {
      if (!isLiving(leg) || leg.phase === 'answered' || leg.direction === 'inbound') continue;
      call.legPort(leg.id)?.cancel('declined');
      call.event({ type: 'refuses', legId: leg.id, reason: 'declined' });
    }
  }

  #hold(call: OwnedCall, legId: LegId, holding: boolean): void {
    const before = call.state;
    call.event({ type: 'holds', legId, holding });
    // An offer of theirs is on its way; the client may ask again.
    if (call.state === before) throw notPossible();
  }

  async #sendDigits(call: OwnedCall, legId: LegId, digits: string): Promise<void> {
    const headers = { 'Content-Type': 'application/dtmf-relay' };
    for (const digit of digits) {
      const status = await call.passed(legId, { method: 'INFO', headers, body: `Signal=${digit}\r\nDuration=160\r\n` });
      if (status >= 300) throw new UCError('NOT_POSSIBLE_NOW', 'The other side does not take digits.');
    }
  }
}

function refused(reason: string): UCError {
  return new UCError('CALL_REFUSED', undefined, { details: { reason } });
}

function notPossible(): UCError {
  return new UCError('NOT_POSSIBLE_NOW');
}

function isDevice(party: Leg['party'], deviceId: string): boolean {
  return idOf(party) === deviceId;
}

function idOf(party: Leg['party']): DeviceId | undefined {
  return party.kind === 'device' ? party.deviceId : undefined;
}
