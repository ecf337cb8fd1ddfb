import * as z from 'zod';

/** What can be set about chat. */
export const chatConfigSchema = z.strictObject({
  batchEntries: z.number().int().min(1).max(1_000).default(400).describe('Most messages that are stored in one transaction.'),
  gatherMs: z
    .number()
    .int()
    .min(0)
    .max(50)
    .default(10)
    .describe(
      'Longest rest between storing two batches of messages, in ms: as long as the last batch took, so that the next is larger; 0: none.',
    ),
  recentConversations: z
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(5_000)
    .describe('Conversations whose last 50 entries are kept in memory for other servers that missed one.'),
  positionsEveryMs: z
    .number()
    .int()
    .min(10)
    .max(10_000)
    .default(250)
    .describe('How often read positions that changed are stored, in ms.'),
  searchesPerSecond: z
    .number()
    .min(0.1)
    .max(1_000_000)
    .default(3)
    .describe('Searches of messages that one session may make, in the long run; four times as many in a burst.'),
  searchesAtOnce: z.number().int().min(1).max(100).default(2).describe('Searches of messages that run at the same time.'),
  searchMs: z
    .number()
    .int()
    .min(50)
    .max(30_000)
    .default(1_500)
    .describe('After this long a search of messages answers with what it has found, in ms.'),
  retentionEveryMs: z
    .number()
    .int()
    .min(100)
    .max(86_400_000)
    .default(3_600_000)
    .describe('How often to look for messages that are older than the setting `chat.messageDays` allows, in ms.'),
});
export type ChatConfig = z.infer<typeof chatConfigSchema>;
