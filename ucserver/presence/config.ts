import * as z from 'zod';

const ms = (about: string, value: number) => z.int().min(0).max(600_000).default(value).describe(about);

/** How presence deals with time. The defaults are right for almost everybody. */
export const presenceConfigSchema = z.strictObject({
  lingerMs: ms(
    'How long a server stays registered with the owner of a user after its last watcher left, in milliseconds.',
    10_000,
  ),
  digestMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(5_000)
    .describe('How often servers compare what they know of watched users, in milliseconds.'),
  arrivalMs: ms('How long the state of a user who was handed over waits for their first session here, in milliseconds.', 8_000),
  touchMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(300_000)
    .describe('How often the last-seen time of people who are here is stored, in milliseconds.'),
});
export type PresenceConfig = z.infer<typeof presenceConfigSchema>;
