import * as z from 'zod';
import type { ErrorCode, WireError } from '../protocol/errors.ts';
import { UCError } from '../protocol/errors.ts';
import { maxEnvelopeBytes } from './envelope.ts';

/** One thing inside an envelope, serialised once, also when it goes to many servers. */
export type Fragment = string & z.$brand<'MeshFragment'>;

/** Leaves room for signature, header and the brackets around the fragments. */
const maxFragmentBytes = maxEnvelopeBytes - 1_024;
/** Fragments are joined up to this length in UTF-16 units; each is at most 3 bytes of UTF-8, so the envelope stays within its limit. */
export const joinedLength = Math.floor(maxFragmentBytes / 3);

export interface AskedRequest {
  readonly id: number;
  readonly name: string;
  readonly params: unknown;
  readonly deadlineMs: number;
  readonly correlationId: string | undefined;
}

/** What a first-lane fragment can be. */
export type FirstItem =
  | { readonly kind: 'event'; readonly name: string; readonly event: unknown }
  | ({ readonly kind: 'request' } & AskedRequest)
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError };

export interface SecondItem {
  readonly name: string;
  readonly event: unknown;
}

export interface Payload {
  /** The highest number of our stream to this peer whose state changes are applied there. */
  readonly applied: number;
  readonly first: readonly FirstItem[];
  readonly second: readonly SecondItem[];
}

function fragment(item: readonly unknown[]): Fragment {
  const text = JSON.stringify(item) as Fragment;
  if (text.length > joinedLength && Buffer.byteLength(text) > maxFragmentBytes) {
    throw new UCError('TOO_LARGE', `${String(item[1])}: ${text.length} characters do not fit into one envelope`);
  }
  return text;
}

/** @throws UCError `TOO_LARGE` when it does not fit into an envelope (so do the other encoders). */
export const encodeEvent = (name: string, event: unknown): Fragment => fragment(['e', name, event]);

export function encodeRequest({ id, name, params, deadlineMs, correlationId }: AskedRequest): Fragment {
  return fragment(['q', id, name, deadlineMs, correlationId ?? null, params]);
}

/** An absent result stays absent. */
export const encodeResult = (id: number, result: unknown): Fragment =>
  fragment(result === undefined ? ['a', id] : ['a', id, result]);

export const encodeError = (id: number, error: WireError): Fragment => fragment(['x', id, error]);

export function encodePayload(applied: number, first: readonly Fragment[], second: readonly Fragment[]): string {
  return `{"applied":${applied},"first":[${first.join()}],"second":[${second.join()}]}`;
}

const wireErrorSchema = z.object({
  code: z.custom<ErrorCode>((code) => typeof code === 'string'),
  message: z.string(),
  field: z.string().optional(),
  retryable: z.boolean(),
  retryAfterMs: z.number().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** Only servers of this mesh can have written it; what is not understood comes from a newer version and is left out. */
export function decodePayload(text: string): Payload {
  const { applied, first, second } = JSON.parse(text) as { applied: number; first: unknown[][]; second: unknown[][] };
  return {
    applied,
    first: first.map(decodeFirst).filter((item) => item !== undefined),
    second: second.filter((item) => item[0] === 'e').map(([, name, event]) => ({ name: String(name), event })),
  };
}

/** One first-lane fragment as it stands in an envelope, or `undefined` for a kind this version does not know. */
export function decodeFirst(item: readonly unknown[]): FirstItem | undefined {
  switch (item[0]) {
    case 'e':
      return { kind: 'event', name: String(item[1]), event: item[2] };
    case 'q': {
      const [, id, name, deadlineMs, correlationId, params] = item;
      return {
        kind: 'request',
        id: Number(id),
        name: String(name),
        deadlineMs: Number(deadlineMs),
        correlationId: typeof correlationId === 'string' ? correlationId : undefined,
        params,
      };
    }
    case 'a':
      return { kind: 'result', id: Number(item[1]), result: item[2] };
    case 'x':
      return { kind: 'error', id: Number(item[1]), error: wireErrorSchema.parse(item[2]) };
    default:
      return undefined;
  }
}
