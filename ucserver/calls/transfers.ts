import { type IncarnationId, type LegId, parseIncarnation, type UserId } from '#shared/ids.ts';
import type { CallTarget } from '#shared/protocol/calls.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import { legOf, peerOf } from './call.ts';
import { possibleActs } from './call-acts.ts';
import { type CallOwner, personOf } from './call-owner.ts';
import type { Route } from './call-routing.ts';
import type { DeviceLegs } from './device-legs.ts';
import type { DialogName, Referral } from './leg.ts';
import { external, type LegAddress, readLegAddress, replacedLegPrefix } from './leg-header.ts';
import type { OwnedCall } from './owned-call.ts';
import { dialledBy } from './sip-party.ts';
import { refusalOf } from './sip-words.ts';

export interface TransfersOptions {
  readonly owner: CallOwner;
  readonly deviceLegs: DeviceLegs;
  readonly self: () => IncarnationId;
  readonly partyOf: (userId: UserId) => CallParty;
  /** The leg behind a dialog of a device of this edge whose call another server owns. */
  readonly relayedLegOf: (name: DialogName) => LegAddress | undefined;
}

/** Lets the other one of a call talk with somebody else; by REFER of a phone, or by a client. */
export class Transfers {
  readonly #options: TransfersOptions;

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** A phone has sent REFER. */
  referred(call: OwnedCall, legId: LegId, referral: Referral): void {
    const party = legOf(call.state, legId)?.party;
    if (party?.kind !== 'device') referral.refuse(403);
    else if (!possibleActs(call.state, legId).includes('transfer')) referral.refuse(480);
    else if (referral.replaces === undefined) this.#referredBlind(call, legId, party.userId, referral);
    else {
      const address = this.#addressOf(call, legId, referral, referral.replaces);
      if (address === undefined) referral.refuse(481);
      else {
        referral.accept();
        if (!this.join(call, legId, address)) call.legPort(legId)?.reportTransfer(480);
      }
    }
  }

  /** A client transfers blind. @throws UCError CALL_REFUSED, NOT_POSSIBLE_NOW */
  blind(call: OwnedCall, legId: LegId, userId: UserId, to: CallTarget): void {
    const route = this.#options.owner.route(userId, to);
    if (route.kind === 'refused') throw new UCError('CALL_REFUSED', undefined, { details: { reason: route.refusal } });
    if (!this.#ring(call, legId, route)) throw new UCError('CALL_REFUSED', undefined, { details: { reason: 'unreachable' } });
  }

  /**
   * Joins the one a leg talks with and the one whom another leg of the same person talks with, on whichever server that is.
   *
   * @returns false when it is not possible as things stand
   */
  join(call: OwnedCall, legId: LegId, address: LegAddress): boolean {
    if (!possibleActs(call.state, legId).includes('transfer')) return false;
    if (address.owner !== this.#options.self()) return this.#joinElsewhere(call, legId, address);
    const other = this.#options.owner.callOfLeg(address.leg);
    const isOwn = personOf(legOf(call.state, legId)?.party) === personOf(other && legOf(other.state, address.leg)?.party);
    if (other === undefined || other === call || !isOwn) return false;
    const peer = peerOf(other.state, address.leg);
    if (peer === undefined) return this.#joinRinging(call, legId, other, address.leg);
    if (!possibleActs(other.state, address.leg).includes('transfer')) return false;
    const port = other.releaseLeg(peer.id);
    if (port === undefined) return false;
    call.addLeg(port);
    other.joinScenario(call.subject.scenarioId);
    call.event({ type: 'adopts', leg: peer, inPlaceOf: legId });
    other.event({ type: 'givesAway', legId: peer.id });
    return true;
  }

  /** The leg behind a dialog of a device of this edge, or of a call that this server owns. */
  addressOf(name: DialogName): LegAddress | undefined {
    const { owner, self, relayedLegOf } = this.#options;
    const found = owner.findDialog(name);
    if (found === undefined) return relayedLegOf(name);
    return { owner: self(), leg: found.legId, talksWith: personOf(peerOf(found.call.state, found.legId)?.party) };
  }

  #referredBlind(call: OwnedCall, legId: LegId, userId: UserId, referral: Referral): void {
    const route = this.#options.owner.route(userId, { number: dialledBy(referral.uri) });
    if (route.kind === 'refused') {
      referral.refuse(refusalOf('refused', route.refusal).status);
      return;
    }
    referral.accept();
    if (!this.#ring(call, legId, route)) call.legPort(legId)?.reportTransfer(480);
  }

  /** @returns false when nobody can be reached */
  #ring(call: OwnedCall, legId: LegId, route: Extract<Route, { kind: 'legs' }>): boolean {
    const targets = this.#options.owner.legsFor(call, route);
    if (targets.length === 0) return false;
    call.event({ type: 'transfers', legId, targets });
    return true;
  }

  /** The one who was consulted has not answered yet: they ring for the other one instead. */
  #joinRinging(call: OwnedCall, legId: LegId, other: OwnedCall, otherLeg: LegId): boolean {
    const { userId, number } = other.subject.callee;
    const transferor = personOf(legOf(call.state, legId)?.party);
    const isCaller = other.state.legs[0]?.id === otherLeg && other.state.phase === 'ringing';
    if (!isCaller || transferor === external || (userId === undefined && number === undefined)) return false;
    const route = this.#options.owner.route(transferor, userId === undefined ? { number: number ?? '' } : { userId });
    if (route.kind === 'refused') return false;
    other.legPort(otherLeg)?.hangUp('transferred');
    other.event({ type: 'leaves', legId: otherLeg, reason: 'hungUp' });
    return this.#ring(call, legId, route);
  }

  /** The other call has another owner: one leg goes there and takes the place of the one who transfers. */
  #joinElsewhere(call: OwnedCall, legId: LegId, { owner: host, leg, talksWith }: LegAddress): boolean {
    const { deviceLegs, owner, partyOf } = this.#options;
    const stays = personOf(peerOf(call.state, legId)?.party);
    const way = deviceLegs.wayTo(parseIncarnation(host), { callId: call.id, caller: stays }, `${replacedLegPrefix}${leg}`);
    if (way === undefined) return false;
    const party = { kind: 'call', with: talksWith === external ? {} : partyOf(talksWith) } as const;
    call.event({ type: 'transfers', legId, targets: [owner.legFor({ party, host, ways: [way] })] });
    return true;
  }

  /** Which leg the phone means: it names a dialog of its own, with this server's edge or with that of its leg host. */
  #addressOf(call: OwnedCall, legId: LegId, { replacedLeg }: Referral, replaces: DialogName): LegAddress | undefined {
    // Only a leg host may say it: a device of our own edge could write what it likes.
    const isHosted = legOf(call.state, legId)?.host !== this.#options.self();
    const told = isHosted && replacedLeg !== undefined ? readLegAddress(replacedLeg) : undefined;
    return told ?? this.addressOf(replaces);
  }
}
