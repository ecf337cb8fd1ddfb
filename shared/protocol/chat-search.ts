import * as z from 'zod';
import { conversationIdSchema, entryIdSchema, userIdSchema } from '../ids.ts';
import type { Methods } from './methods.ts';
import { text, timestamp } from './text.ts';

/** Longest search, in UTF-16 units. */
export const maxSearchUnits = 200;

/** A piece of a message around what was found; `marks` are [from, to) in UTF-16 units of `text`, ascending, apart. */
export const snippetSchema = z.object({
  text: z.string(),
  marks: z.array(z.tuple([z.int().min(0), z.int().min(0)])),
});
export type Snippet = z.infer<typeof snippetSchema>;

/** A message that was found. */
export const searchHitSchema = z.object({
  conversationId: conversationIdSchema,
  entryId: entryIdSchema,
  /** Its number; ask `chat.history` for what is around it. Missing while it is pending. */
  seq: z.int().min(1).optional(),
  author: userIdSchema,
  at: timestamp,
  snippet: snippetSchema,
});
export type SearchHit = z.infer<typeof searchHitSchema>;

export const chatSearchMethods = {
  'chat.search': {
    about:
      "Finds messages in the user's conversations, also in those they have left, as far as they may read them; the newest first, in pages. Edited messages are found by their present text. At least one of the criteria is needed; all that are given must hold.",
    params: z
      .strictObject({
        /** Beginnings of words, in any order; case, accents and ä/ae do not matter. */
        words: text(1, maxSearchUnits)
          .refine((value) => /[\p{L}\p{N}]/u.test(value), 'must hold a letter or a digit')
          .optional(),
        author: userIdSchema.optional(),
        conversationId: conversationIdSchema.optional(),
        /** The first moment. */
        from: timestamp.optional(),
        /** The last moment. */
        to: timestamp.optional(),
        /** Only messages with files. */
        hasFile: z.literal(true).optional(),
        cursor: z.string().max(256).optional(),
        limit: z.int().min(1).max(50).default(20),
      })
      .refine(({ words, author, conversationId, from, to, hasFile }) => {
        return [words, author, conversationId, from, to, hasFile].some((criterion) => criterion !== undefined);
      }, 'needs at least one criterion')
      .refine(({ from = 0, to = Number.MAX_SAFE_INTEGER }) => from <= to, { message: 'must not be before from', path: ['to'] }),
    result: z.object({
      hits: z.array(searchHitSchema),
      /** Missing: there is nothing more. */
      nextCursor: z.string().optional(),
      /**
       * It took too long, or the database is away: there may be more than what is here. With `nextCursor` the search goes on where
       * it stopped.
       */
      partial: z.literal(true).optional(),
    }),
  },
} as const satisfies Methods;
