import * as z from 'zod';

const milliseconds = z.int().min(0);

export const signInConfigSchema = z.strictObject({
  capacity: z.int().min(1).default(10_000).describe('How many users this server takes; further ones are sent to other servers.'),
  ticketForMs: milliseconds.min(1_000).default(60_000).describe('How long a redirect to another server is valid, in ms.'),
  redirectCountsMs: milliseconds
    .default(2_000)
    .describe('For how long a redirect counts as load of its target, until the target tells its load itself, in ms.'),
  releaseAfterMs: milliseconds.default(2_000).describe('How long a user without sessions stays owned here, in ms.'),
  drainWithinMs: milliseconds
    .max(10_000)
    .default(6_000)
    .describe('Over how long a stopping server sends its people away, in ms.'),
  returnsPerSecond: z.int().min(1).default(400).describe('People of a dead server who are taken per second; the others wait.'),
  returnWaitMs: milliseconds
    .default(400)
    .describe('Returning people who wait at most this long wait with an open connection; others come back later, in ms.'),
  goneAfterMs: milliseconds
    .default(8_000)
    .describe('People of a dead server are offline when they are not back after this, in ms.'),
  goneAfterQueueMs: milliseconds.default(15_000).describe('The same while returning people wait to be taken, in ms.'),
  goHome: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether people are sent to their home server when it is back.'),
      afterMs: milliseconds.default(60_000).describe('How long the home server must have been well before, in ms.'),
      restartWindowMs: milliseconds
        .default(600_000)
        .describe('A restart within this time of the last one doubles that wait, in ms.'),
      mostAfterMs: milliseconds.default(1_800_000).describe('The longest such wait, in ms.'),
      usersPerSecond: z.number().min(0.1).default(50).describe('How many people are sent home per second.'),
      belowFill: z
        .number()
        .min(0)
        .max(1)
        .default(0.8)
        .describe('Nobody is sent to a home server that is fuller than this (0 to 1).'),
    })
    .prefault({}),
});
export type SignInConfig = z.infer<typeof signInConfigSchema>;
