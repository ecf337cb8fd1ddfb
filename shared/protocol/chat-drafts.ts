import * as z from 'zod';
import { conversationIdSchema, entryIdSchema, userIdSchema } from '../ids.ts';
import { maxMessageUnits, mostMentions } from './chat-entries.ts';
import type { Events, Methods } from './methods.ts';
import { text, timestamp } from './text.ts';

/** Somebody, or everybody, who was picked to be mentioned. */
export const calledSchema = z.strictObject({
  userId: z.union([z.literal('everybody'), userIdSchema]),
  /** The name by which the text calls them. */
  name: text(1, 256),
});
export type Called = z.infer<typeof calledSchema>;

/** Most drafts that are kept of one person; the oldest go. */
export const mostDrafts = 200;

/** What a person has begun to write in a conversation. */
export const draftSchema = z.object({
  conversationId: conversationIdSchema,
  /** Empty: there is none any more. */
  text: text(0, maxMessageUnits),
  /** Those who were picked while it was written; missing when nobody was. */
  called: z.array(calledSchema).min(1).max(mostMentions).optional(),
  /** The entry that it answers. */
  replyTo: entryIdSchema.optional(),
  /** When it was written; of two the newer one wins. */
  version: timestamp,
});
export type Draft = z.infer<typeof draftSchema>;

export const chatDraftMethods = {
  'chat.setDraft': {
    about:
      'Keeps what the user has begun to write, for their other devices; an empty text takes it back, also in a conversation that was left. Answered with the draft in force, which is another one when that is newer. Sent again, it changes nothing.',
    params: z.strictObject(draftSchema.shape),
    result: draftSchema,
  },
  'chat.drafts': {
    about:
      'What the user has begun to write in conversations they have not left, in pages, which may hold fewer than asked for. The oldest beyond 200 (setting `chat.drafts`) are not kept.',
    params: z.strictObject({ cursor: conversationIdSchema.optional(), limit: z.int().min(1).max(50).default(50) }),
    result: z.object({ drafts: z.array(draftSchema), nextCursor: conversationIdSchema.optional() }),
  },
} as const satisfies Methods;

export const chatDraftEvents = {
  'chat.draft': {
    about: 'The user has written, or taken back, a draft on another device.',
    fields: draftSchema,
  },
} as const satisfies Events;
