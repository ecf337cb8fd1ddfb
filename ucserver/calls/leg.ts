import type { LegId } from '#shared/ids.ts';
import type { CallRefusal } from '#shared/protocol/calls.ts';
import type { SipHeaders } from '#ucserver/sip/index.ts';
import type { EndReason } from './call.ts';
import type { CallEvent } from './call-state.ts';

/** Names a dialog towards a device, as the device would in a Replaces header. */
export interface DialogName {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** Some phones name the tags the other way round. */
export function isSameDialog(one: DialogName, other: DialogName): boolean {
  if (one.callId !== other.callId) return false;
  const isStraight = one.localTag === other.localTag && one.remoteTag === other.remoteTag;
  return isStraight || (one.localTag === other.remoteTag && one.remoteTag === other.localTag);
}

/** A device asks for a transfer of the one it talks with (RFC 3515). */
export interface Referral {
  readonly uri: string;
  /** A dialog of the device whose other party is to be talked with (RFC 3891); as the device names it. */
  readonly replaces: DialogName | undefined;
  /** What the leg host knows of that dialog. */
  readonly replacedLeg: string | undefined;
  accept(): void;
  refuse(status: number): void;
}

/** Something that is passed on between two who talk and answered by the other: digits, for example. */
export interface PassedRequest {
  readonly method: 'INFO' | 'MESSAGE';
  readonly headers: SipHeaders;
  readonly body: string;
}

/** Hears what happens on a leg. */
export interface LegListener {
  event(event: CallEvent): void;
  referred(legId: LegId, referral: Referral): void;
  /** @returns the status of the answer */
  passed(legId: LegId, request: PassedRequest): Promise<number>;
  /** Nothing more will come from this leg. */
  closed(legId: LegId): void;
}

/** One dialog as its owner acts on it, in whatever phase it is. What does not fit any more does nothing. */
export interface LegPort {
  readonly id: LegId;
  /** Who hears of it: changes when another call adopts the leg. */
  listener: LegListener;
  readonly dialogName: DialogName | undefined;
  invite(sdp: string | undefined): void;
  ring(sdp: string | undefined): void;
  accept(sdp: string | undefined): void;
  refuse(end: EndReason, refusal?: CallRefusal): void;
  cancel(end: EndReason): void;
  hangUp(end: EndReason): void;
  complete(sdp: string): void;
  offer(offer: number, sdp: string, afterGlare: boolean): void;
  answer(sdp: string): void;
  refuseOffer(status: 488 | 491): void;
  reportTransfer(status: number): void;
  /** @returns the status of the answer */
  pass(request: PassedRequest): Promise<number>;
  /** Its edge, or the server that has it, is gone: nothing can be sent. */
  lose(): void;
}
