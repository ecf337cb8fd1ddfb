import * as z from 'zod';
import { TimedProofs, type TimedProofsOptions } from '#shared/mesh/timed-proofs.ts';
import { fileVariantSchema } from '#shared/protocol/files.ts';
import { contentHashSchema } from './file-store.ts';

const linkSchema = z.object({
  hash: contentHashSchema,
  variant: fileVariantSchema,
  name: z.string(),
  type: z.string(),
  size: z.number().int().min(0),
});

/** Proofs that somebody may have a content for a while; every server of the mesh reads those of every other. */
export type FileLinks = TimedProofs<z.infer<typeof linkSchema>>;

export function createFileLinks(options: Pick<TimedProofsOptions<unknown>, 'keys' | 'clock' | 'forMs'>): FileLinks {
  return new TimedProofs({ ...options, purpose: 'file link', content: linkSchema });
}
