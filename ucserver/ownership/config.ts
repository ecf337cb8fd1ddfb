import * as z from 'zod';

export const ownershipConfigSchema = z.strictObject({
  digestEveryMs: z.int().min(100).default(5_000).describe('How often servers compare what they know of who owns whom, in ms.'),
  askEveryMs: z
    .int()
    .min(0)
    .default(60_000)
    .describe('How long after a user was handed over on request this is not asked for again, in ms.'),
  assertWithinMs: z
    .int()
    .min(0)
    .max(1_000)
    .default(500)
    .describe('Over how long a server spreads the writing of its users after Redis came back, in ms.'),
});
export type OwnershipConfig = z.infer<typeof ownershipConfigSchema>;
