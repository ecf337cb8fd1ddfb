import {
  type CallId,
  callIdSchema,
  type IncarnationId,
  incarnationIdSchema,
  type LegId,
  legIdSchema,
  type UserId,
  userIdSchema,
} from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { SrfRequest } from '#ucserver/sip/index.ts';
import type { DialogName } from './leg.ts';

/** Header of an INVITE from the owner of a call to a leg host. Nobody else can make one. */
export const legHeader = 'X-UCMesh-Leg';
/** Header with which a leg host tells how the device names their dialog. */
export const deviceDialogHeader = 'X-UCMesh-Dialog';

const purpose = 'sip leg';
/** How long an INVITE may be on its way, and how far the clocks of two servers may be apart. */
export const legHeaderMs = 120_000;

/** Who is meant who is no person of the company. */
export const external = 'external';

/** What the owner of a call tells another server. */
export interface LegOrder {
  readonly owner: IncarnationId;
  readonly callId: CallId;
  /** The leg as the owner names it. */
  readonly leg: LegId;
  /** With whom the leg will talk. */
  readonly caller: UserId | typeof external;
  /** The device to invite; or, behind {@link replacedLegPrefix}, the leg of a call of the other server to replace. */
  readonly target: string;
}

/** No device has such an id. */
export const replacedLegPrefix = 'leg.';

/** A leg on any server, and with whom it talks. */
export interface LegAddress {
  readonly owner: IncarnationId;
  readonly leg: LegId;
  readonly talksWith: UserId | typeof external;
}

interface Signed {
  readonly sipCallId: string;
  readonly fromTag: string;
  readonly requestUri: string;
}

/** The value of the header for one INVITE; it is worth nothing in any other. @param now milliseconds since 1970 */
export function legHeaderFor(keys: MeshKeys, order: LegOrder, invite: Signed, now: number): string {
  const fields = [order.owner, order.callId, order.leg, order.caller, order.target, String(Math.floor(now) + legHeaderMs)];
  return [...fields, keys.mac(purpose, signedText(fields, invite))].join(' ');
}

/** @returns what a server of this mesh ordered by this INVITE; undefined: it did not */
export function readLegHeader(keys: MeshKeys, request: SrfRequest, now: number): LegOrder | undefined {
  const parts = (request.get(legHeader) ?? '').split(' ');
  const mac = parts.at(-1) ?? '';
  const fields = parts.slice(0, -1);
  const [owner, callId, leg, caller, target = '', expiry] = fields;
  const sipCallId = request.get('Call-ID') ?? '';
  const fromTag = request.getParsedHeader('from').params.tag ?? '';
  if (fields.length !== 6 || !keys.proves(purpose, signedText(fields, { sipCallId, fromTag, requestUri: request.uri }), mac))
    return undefined;
  const leftMs = Number(expiry) - now;
  if (!(leftMs > 0 && leftMs < 2 * legHeaderMs)) return undefined;
  return {
    owner: incarnationIdSchema.parse(owner),
    callId: callIdSchema.parse(callId),
    leg: legIdSchema.parse(leg),
    caller: personOf(caller),
    target,
  };
}

/** `<Call-ID> <local tag> <remote tag>`, as the leg host has them. */
export function dialogNameText({ callId, localTag, remoteTag }: DialogName): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

export function readDialogName(text: string | undefined): DialogName | undefined {
  const [callId, localTag, remoteTag] = text?.split(' ') ?? [];
  return callId !== undefined && localTag !== undefined && remoteTag !== undefined ? { callId, localTag, remoteTag } : undefined;
}

export function legAddressText({ owner, leg, talksWith }: LegAddress): string {
  return `${owner} ${leg} ${talksWith}`;
}

export function readLegAddress(text: string): LegAddress | undefined {
  const [owner, leg, talksWith] = text.split(' ');
  const ids = [incarnationIdSchema.safeParse(owner), legIdSchema.safeParse(leg)] as const;
  if (!ids[0].success || !ids[1].success || talksWith === undefined) return undefined;
  return { owner: ids[0].data, leg: ids[1].data, talksWith: personOf(talksWith) };
}

function personOf(text: string | undefined): UserId | typeof external {
  return text === external ? external : userIdSchema.parse(text);
}

/** None of them holds a line end, so each text stands for one meaning. */
function signedText(fields: readonly string[], { sipCallId, fromTag, requestUri }: Signed): string {
  return [...fields, sipCallId, fromTag, requestUri].join('\n');
}
