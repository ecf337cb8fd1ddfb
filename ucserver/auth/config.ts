import * as z from 'zod';

const hour = 3_600_000;

/** Passwords and tokens. */
export const authConfigSchema = z.strictObject({
  hashesAtOnce: z
    .number()
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'Passwords hashed at the same time; each takes 64 MiB and a core. Default: one less than the cores, at most 3; more need a larger UV_THREADPOOL_SIZE.',
    ),
  hashesWaiting: z
    .number()
    .int()
    .min(0)
    .default(200)
    .describe('Sign-ins that may wait for a hash; further ones are told to come later.'),
  accessMs: z.number().int().min(30_000).max(hour).default(600_000).describe('How long an access token holds (ms).'),
  refreshMs: z
    .number()
    .int()
    .min(hour)
    .default(30 * 24 * hour)
    .describe('How long a device stays signed in without being used (ms).'),
  keyMs: z
    .number()
    .int()
    .min(hour)
    .default(30 * 24 * hour)
    .describe('How long a key signs tokens before the next one does (ms).'),
});
export type AuthConfig = z.infer<typeof authConfigSchema>;
