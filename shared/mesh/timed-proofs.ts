import * as z from 'zod';
import type { Clock } from '../runtime/clock.ts';
import type { MeshKeys } from './mesh-keys.ts';

export interface TimedProofsOptions<Content> {
  /** What they prove; those of one purpose prove nothing in another. */
  readonly purpose: string;
  readonly content: z.ZodType<Content>;
  readonly keys: Pick<MeshKeys, 'mac' | 'proves'>;
  readonly clock: Clock;
  /** How long each is good. */
  readonly forMs: number;
}

/** Texts that a client carries from one server of the mesh to another, signed by the first and good for a while. */
export class TimedProofs<Content> {
  readonly #options: TimedProofsOptions<Content>;
  readonly #schema: z.ZodType<{ content: Content; endsAt: number }>;

  constructor(options: TimedProofsOptions<Content>) {
    this.#options = options;
    this.#schema = z.object({ content: options.content, endsAt: z.number() });
  }

  /** @returns the text, fit for a URL, and until when it is good (wall time, ms). */
  write(content: Content): { readonly token: string; readonly endsAt: number } {
    const { keys, purpose, clock, forMs } = this.#options;
    const endsAt = clock.wallMs() + forMs;
    const text = Buffer.from(JSON.stringify({ content, endsAt })).toString('base64url');
    return { token: `${text}.${keys.mac(purpose, text)}`, endsAt };
  }

  /** What was written, or `undefined` when the text is not of this mesh, was changed or has ended. */
  read(token: string): Content | undefined {
    const { keys, purpose, clock } = this.#options;
    const [text, mac, ...rest] = token.split('.');
    if (!text || !mac || rest.length > 0 || !keys.proves(purpose, text, mac)) return undefined;
    const proof = this.#schema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data;
    return proof !== undefined && proof.endsAt > clock.wallMs() ? proof.content : undefined;
  }
}
