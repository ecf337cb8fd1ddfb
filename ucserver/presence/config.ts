import * as z from 'zod';

/** How presence deals with time. The defaults are right for almost everybody. */
export const presenceConfigSchema = z.strictObject({
  lingerMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(10_000)
    .describe('How long a server stays registered with the owner of a user after its last watcher left, in ms.'),
  digestMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(5_000)
    .describe('How often servers compare what they know of watched users, in ms.'),
  touchMs: z
    .int()
    .min(1_000)
    .max(1_800_000)
    .default(300_000)
    .describe('How often it is stored that the people who are here were seen, in ms.'),
});
export type PresenceConfig = z.infer<typeof presenceConfigSchema>;
