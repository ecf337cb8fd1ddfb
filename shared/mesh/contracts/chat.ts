import * as z from 'zod';
import { defineEvent, defineRequest } from '../contract.ts';

// Ids were checked by the server that took the client's request; here they are only given their type.
const userId = z.string().brand<'UserId'>();
const conversationId = z.string().brand<'ConversationId'>();
const entryId = z.string().brand<'EntryId'>();

const entry = z.object({
  conversationId,
  seq: z.number(),
  entryId,
  author: userId,
  at: z.number(),
  kind: z.string(),
  /** JSON text, as it is stored. */
  body: z.string(),
});

/** An entry with the people it concerns, because the receiver may not have heard of the conversation yet. */
export const toldEntrySchema = z.object({ entry, members: z.array(userId) });
export type ToldEntry = z.infer<typeof toldEntrySchema>;

export const chatCommitted = defineEvent('chat.committed', z.object({ generation: z.number(), told: z.array(toldEntrySchema) }), {
  meaning:
    'Entries that were committed, to each server that holds a session of a member; what was committed together travels together.',
});

/** An entry without a number. */
const pendingEntry = entry.omit({ seq: true });

export const chatPending = defineEvent(
  'chat.pending',
  z.object({ told: z.array(z.object({ entry: pendingEntry, place: z.number(), members: z.array(userId) })) }),
  { meaning: 'Entries that were accepted while SQL was away, to each server that holds a session of a member.' },
);

export const chatSettled = defineEvent(
  'chat.settled',
  z.object({ told: z.array(z.object({ conversationId, entryId, seq: z.number().optional() })) }),
  { meaning: 'Pending entries that SQL was seen to hold. What they say was told when they became pending.' },
);

export const chatEmptied = defineEvent('chat.emptied', z.object({ conversationId, upTo: z.number() }), {
  lane: 'second',
  meaning: 'The texts of a conversation up to this number are no longer kept, to each server that holds a session of a member.',
});

export const chatPosition = defineEvent(
  'chat.position',
  z.object({ conversationId, members: z.array(userId), userId, read: z.number(), delivered: z.number() }),
  { lane: 'second', meaning: 'A member has read or received further; positions only grow.' },
);

export const chatTyping = defineEvent('chat.typing', z.object({ conversationId, userId, to: z.array(userId) }), {
  lane: 'second',
  meaning: 'A member is writing; never stored.',
});

export const chatRecent = defineRequest(
  'chat.recent',
  z.object({ conversationId, after: z.number(), limit: z.number() }),
  z.object({ generation: z.number().optional(), entries: z.array(entry) }),
  { meaning: "Asks for the entries after a number from a server's recent cache; answers contiguous ones, or none." },
);

/** How far a conversation has got, as one server knows it. Item of the re-sync section `chat.heads`. */
export const toldHeadSchema = z.object({
  ...{ conversationId, members: z.array(userId), seq: z.number(), at: z.number() },
  /** Of the database that has this number. */
  generation: z.number(),
});
export type ToldHead = z.infer<typeof toldHeadSchema>;

export const chatContracts = [chatCommitted, chatPending, chatSettled, chatEmptied, chatPosition, chatTyping, chatRecent];
