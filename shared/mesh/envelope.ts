import type { IncarnationId } from '../ids.ts';
import type { HmacSha256 } from './hmac.ts';
import type { MeshKeys } from './mesh-keys.ts';

/** Largest envelope, header and signature included. */
export const maxEnvelopeBytes = 256 * 1_024;

/**
 * What an envelope is for; part of what is signed, so that one can never be taken for another.
 * `stream` numbered events and requests over the bus · `ping` to ourselves · `ask`, `answer` a request over the direct way.
 */
export type EnvelopeKind = 'stream' | 'ping' | 'ask' | 'answer';

export interface EnvelopeHeader {
  readonly kind: EnvelopeKind;
  readonly from: IncarnationId;
  readonly to: IncarnationId;
  /** Position in the stream of this kind from → to, beginning with 1. */
  readonly number: number;
  /** Monotonic time of the sender when it was sealed. */
  readonly sentMs: number;
}

export interface Envelope extends EnvelopeHeader {
  readonly payload: string;
}

/** Why an envelope was not opened. */
export type EnvelopeFault = 'tooLarge' | 'forged' | 'notForUs';

const macBytes = 32;
const newline = 0x0a;

/**
 * Seals and opens envelopes: 32 bytes HMAC-SHA-256, then one line of text
 * `ucmesh1 <kind> <meshId> <from> <to> <number> <sentMs>`, a newline, and the payload. The HMAC covers all that follows it and
 * is checked before anything is read.
 */
export class EnvelopeSealer {
  readonly #hmac: HmacSha256;
  readonly #meshId: string;

  constructor(keys: MeshKeys) {
    this.#hmac = keys.hmac('envelope');
    this.#meshId = keys.meshId;
  }

  seal({ kind, from, to, number, sentMs, payload }: Envelope): Buffer {
    const text = `ucmesh1 ${kind} ${this.#meshId} ${from} ${to} ${number} ${sentMs.toFixed(2)}\n${payload}`;
    const bytes = Buffer.allocUnsafe(macBytes + Buffer.byteLength(text));
    bytes.write(text, macBytes);
    this.#hmac.of(bytes.subarray(macBytes)).copy(bytes);
    return bytes;
  }

  /** Opens what was sealed under the same mesh, for `to`, as one of these kinds; says why not otherwise. */
  open(bytes: Buffer, to: IncarnationId, ...kinds: readonly EnvelopeKind[]): Envelope | EnvelopeFault {
    if (bytes.length > maxEnvelopeBytes) return 'tooLarge';
    if (!this.#hmac.proves(bytes.subarray(macBytes), bytes.subarray(0, macBytes))) return 'forged';
    const end = bytes.indexOf(newline, macBytes);
    const words = bytes.toString('latin1', macBytes, end).split(' ');
    // What was signed is well-formed: only servers of this mesh can sign.
    const kind = kinds.find((each) => each === words[1]);
    if (words[0] !== 'ucmesh1' || kind === undefined || words[2] !== this.#meshId || words[4] !== to) return 'notForUs';
    return {
      kind,
      from: words[3] as IncarnationId,
      to,
      number: Number(words[5]),
      sentMs: Number(words[6]),
      payload: bytes.toString('utf8', end + 1),
    };
  }
}
