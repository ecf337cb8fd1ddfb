import * as z from 'zod';

/** Calls between phones. */
export const callsConfigSchema = z
  .strictObject({
    noAnswerSeconds: z.number().int().min(5).max(300).default(60).describe('How long a call rings before it is given up.'),
    callsPerUser: z.number().int().min(1).max(1_000).default(20).describe('Most calls that a person can make at a time.'),
  })
  .prefault({});
export type CallsConfig = z.infer<typeof callsConfigSchema>;
