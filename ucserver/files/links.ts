import * as z from 'zod';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { fileVariantSchema } from '#shared/protocol/files.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { contentHashSchema } from './file-store.ts';

const linkSchema = z.object({
  hash: contentHashSchema,
  variant: fileVariantSchema,
  name: z.string(),
  type: z.string(),
  size: z.number().int().min(0),
  /** Wall time in ms. */
  endsAt: z.number(),
});
/** What a link lets its bearer have. */
export type FileLink = z.infer<typeof linkSchema>;

const purpose = 'file link';

/** Signed proofs that somebody may have a content for a while; every server of the mesh reads those of every other. */
export class FileLinks {
  readonly #keys: Pick<MeshKeys, 'mac' | 'proves'>;
  readonly #clock: Clock;
  readonly #forMs: number;

  constructor({ keys, clock, forMs }: { keys: Pick<MeshKeys, 'mac' | 'proves'>; clock: Clock; forMs: number }) {
    this.#keys = keys;
    this.#clock = clock;
    this.#forMs = forMs;
  }

  write(content: Omit<FileLink, 'endsAt'>): { readonly token: string; readonly endsAt: number } {
    const endsAt = this.#clock.wallMs() + this.#forMs;
    const text = Buffer.from(JSON.stringify({ ...content, endsAt } satisfies FileLink)).toString('base64url');
    return { token: `${text}.${this.#keys.mac(purpose, text)}`, endsAt };
  }

  /** The link, or `undefined` when it is not ours or has ended. */
  read(token: string): FileLink | undefined {
    const [text, mac, ...rest] = token.split('.');
    if (!text || !mac || rest.length > 0 || !this.#keys.proves(purpose, text, mac)) return undefined;
    const link = linkSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data;
    return link !== undefined && link.endsAt > this.#clock.wallMs() ? link : undefined;
  }
}
