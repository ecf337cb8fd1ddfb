import * as z from 'zod';

/** What can be set about the outbox, which keeps what is accepted while the database is away. */
export const outboxConfigSchema = z.strictObject({
  drainBatch: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(400)
    .describe('How much is brought into the database in one transaction when it is back.'),
  drainPauseMs: z
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(2)
    .describe('Pause between two such transactions, so that those who work meanwhile have their turn, in ms.'),
});
export type OutboxConfig = z.infer<typeof outboxConfigSchema>;
