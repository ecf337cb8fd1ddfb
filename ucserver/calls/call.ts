import type { CallId, DeviceId, IncarnationId, LegId, UserId } from '#shared/ids.ts';
import type { CallEnd, CallRefusal } from '#shared/protocol/calls.ts';
import type { CallParty } from '#shared/protocol/journal.ts';

/** Who is at the other end of a leg. */
export type Party =
  | { readonly kind: 'device'; readonly userId: UserId; readonly deviceId: DeviceId }
  | { readonly kind: 'trunk'; readonly trunkId: string; readonly number: string; readonly name?: string }
  /** Somebody in a call that another server owns: the two calls are joined by this leg (attended transfer). */
  | { readonly kind: 'call'; readonly with: CallParty };

/** Why a leg ended, or a call did. */
export type EndReason = CallEnd;

/** One dialog with one device or trunk, kept by the server that device is connected to: its leg host. */
export interface Leg {
  readonly id: LegId;
  readonly host: IncarnationId;
  readonly party: Party;
  /** `inbound`: its device sent the INVITE. */
  readonly direction: 'inbound' | 'outbound';
  readonly phase: 'calling' | 'ringing' | 'answered' | 'ended';
  /** Its newest session description (SDP, RFC 8866): where it wants to receive, and what. */
  readonly sdp?: string;
  /** It put the other on hold. */
  readonly holding: boolean;
  /** The leg whose place it takes when it answers: it is the target of a transfer. */
  readonly inPlaceOf?: LegId;
  /** It rings because its user wants to pick the call up: who was called decides without it. */
  readonly isGuest?: true;
  readonly end?: EndReason;
  /** When it was invited or came, was answered, and ended. Milliseconds since 1970. */
  readonly begunAt?: number;
  readonly answeredAt?: number;
  readonly endedAt?: number;
}

/** An offer that waits for its answer. */
export type Negotiation =
  /** `from` offered, the other is to answer. */
  | { readonly kind: 'relay'; readonly offer: number; readonly from: LegId }
  /** Two are brought together: one is to answer what the owner offered; that answer is then offered to `then`. */
  | {
      readonly kind: 'join';
      readonly offer: number;
      readonly asked: LegId;
      readonly sdp: string;
      readonly then?: LegId;
      /** How often it met an offer of theirs. */
      readonly glares: number;
    }
  /** `comes` is to replace another leg; it is accepted with what `asked` answers. */
  | { readonly kind: 'replace'; readonly offer: number; readonly asked: LegId; readonly comes: LegId };

/**
 * A call as its owner knows it; plain values, since the server that takes over must be able to read it. Times are milliseconds
 * since 1970.
 */
export interface Call {
  readonly id: CallId;
  readonly phase: 'setup' | 'ringing' | 'connected' | 'ended';
  /** The first is the caller: its INVITE began the call or, where a client dialled, it was invited first. */
  readonly legs: readonly Leg[];
  /** The two that talk, once somebody has answered. */
  readonly talking?: readonly [LegId, LegId];
  readonly negotiation?: Negotiation;
  /** How many offers the owner has sent; each has its number, since an answer may come when another offer is out. */
  readonly offers: number;
  readonly startedAt: number;
  readonly ringingAt?: number;
  readonly connectedAt?: number;
  readonly endedAt?: number;
  /** Why it ended; `hungUp` after a conversation. */
  readonly end?: EndReason;
  /** Why it was refused. */
  readonly refusal?: CallRefusal;
}

/** What the owner wants done; leg hosts and the edge do it. */
export type Effect =
  | { readonly do: 'invite'; readonly leg: Leg; readonly sdp: string | undefined }
  /** The caller's own device was answered: now those who are called are to be found. */
  | { readonly do: 'route' }
  /** A provisional answer to the caller: 183 with early media, else 180. */
  | { readonly do: 'ring'; readonly legId: LegId; readonly sdp: string | undefined }
  | { readonly do: 'accept'; readonly legId: LegId; readonly sdp: string | undefined }
  | { readonly do: 'refuse'; readonly legId: LegId; readonly reason: EndReason; readonly refusal?: CallRefusal }
  | { readonly do: 'cancel'; readonly legId: LegId; readonly reason: EndReason }
  | { readonly do: 'hangUp'; readonly legId: LegId; readonly reason: EndReason }
  /** The answer to who was invited without an offer and sent one (RFC 3261 13.2.1). */
  | { readonly do: 'complete'; readonly legId: LegId; readonly sdp: string }
  /** `afterGlare`: the one before met an offer of theirs: not at once (RFC 3261 14.1). */
  | { readonly do: 'offer'; readonly legId: LegId; readonly offer: number; readonly sdp: string; readonly afterGlare?: true }
  | { readonly do: 'answer'; readonly legId: LegId; readonly sdp: string }
  /** 491 while another offer is under way (RFC 3261 14.2), 488 when the other side refused. */
  | { readonly do: 'refuseOffer'; readonly legId: LegId; readonly status: 488 | 491 }
  /** What the one who asked for a transfer is told (RFC 3515 2.4.5). */
  | { readonly do: 'reportTransfer'; readonly legId: LegId; readonly status: 100 | 180 | 200 | 480 | 486 | 603 };

export interface Step {
  readonly call: Call;
  readonly effects: readonly Effect[];
}

export function unchanged(call: Call, effects: readonly Effect[] = []): Step {
  return { call, effects };
}

export function legOf(call: Call, id: LegId): Leg | undefined {
  return call.legs.find((leg) => leg.id === id);
}

export function withLeg(call: Call, id: LegId, changes: Partial<Leg>): Call {
  return { ...call, legs: call.legs.map((leg) => (leg.id === id ? { ...leg, ...changes } : leg)) };
}

/** The one a leg talks with. */
export function peerOf(call: Call, id: LegId): Leg | undefined {
  const [a, b] = call.talking ?? [];
  const peer = a === id ? b : b === id ? a : undefined;
  return peer === undefined ? undefined : legOf(call, peer);
}

/** Who began the call. */
export function callerOf(call: Call): Leg | undefined {
  return call.legs[0];
}

export function isLiving(leg: Leg): boolean {
  return leg.phase !== 'ended';
}
