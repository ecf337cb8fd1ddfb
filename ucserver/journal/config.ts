import * as z from 'zod';

/** What can be set about the journal of calls. */
export const journalConfigSchema = z.strictObject({
  retentionEveryMs: z
    .number()
    .int()
    .min(100)
    .max(86_400_000)
    .default(3_600_000)
    .describe('How often to look for calls that are older than the setting `journal.days` allows, in ms.'),
});
export type JournalConfig = z.infer<typeof journalConfigSchema>;
