import type { CallId, DeviceId, LegId, ServerId, UserId } from '#shared/ids.ts';

/** Who is at the other end of a leg. */
export type Party =
  | { readonly kind: 'device'; readonly userId: UserId; readonly deviceId: DeviceId }
  | { readonly kind: 'trunk'; readonly trunkId: string; readonly number: string };

/** Why a leg ended, or a call did. */
export type EndReason =
  | 'hungUp'
  | 'callerLeft'
  | 'completedElsewhere'
  | 'busy'
  | 'declined'
  | 'noAnswer'
  | 'unreachable'
  | 'notAcceptable'
  | 'transferred'
  | 'lost';

/** One dialog with one device or trunk, kept by the server that device is connected to: its leg host. */
export interface Leg {
  readonly id: LegId;
  readonly host: ServerId;
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
  readonly end?: EndReason;
}

/** An offer that waits for its answer. */
export type Negotiation =
  /** `from` offered, the other is to answer. */
  | { readonly kind: 'relay'; readonly offer: number; readonly from: LegId }
  /** Two are brought together: one is to answer what the owner offered; that answer is then offered to `then`. */
  | { readonly kind: 'join'; readonly offer: number; readonly asked: LegId; readonly then?: LegId };

/**
 * A call as its owner knows it; plain values, since the server that takes over must be able to read it. Times are milliseconds
 * since 1970.
 */
export interface Call {
  readonly id: CallId;
  readonly phase: 'setup' | 'ringing' | 'connected' | 'ended';
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
}

/** What the owner wants done; leg hosts and the edge do it. */
export type Effect =
  | { readonly do: 'invite'; readonly leg: Leg; readonly sdp: string | undefined }
  /** A provisional answer to the caller: 183 with early media, else 180. */
  | { readonly do: 'ring'; readonly legId: LegId; readonly sdp: string | undefined }
  | { readonly do: 'accept'; readonly legId: LegId; readonly sdp: string | undefined }
  | { readonly do: 'refuse'; readonly legId: LegId; readonly reason: EndReason }
  | { readonly do: 'cancel'; readonly legId: LegId; readonly reason: EndReason }
  | { readonly do: 'hangUp'; readonly legId: LegId; readonly reason: EndReason }
  | { readonly do: 'offer'; readonly legId: LegId; readonly offer: number; readonly sdp: string }
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

export function isLiving(leg: Leg): boolean {
  return leg.phase !== 'ended';
}
