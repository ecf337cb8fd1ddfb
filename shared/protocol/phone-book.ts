import * as z from 'zod';
import type { Methods } from './methods.ts';
import { text } from './text.ts';

export const phoneNumberKinds = ['work', 'mobile', 'home', 'fax', 'other'] as const;

/** Somebody in a phone book of the company. */
export const phoneBookContactSchema = z.object({
  id: z.string(),
  /** Name of the phone book. */
  book: z.string(),
  name: z.string(),
  company: z.string().optional(),
  email: z.string().optional(),
  numbers: z.array(
    z.object({
      kind: z.enum(phoneNumberKinds),
      /** E.164 with +. */
      number: z.string(),
      /** The same, as people write it. */
      shown: z.string(),
    }),
  ),
});
export type PhoneBookContact = z.infer<typeof phoneBookContactSchema>;

export const phoneBookMethods = {
  'phoneBook.search': {
    about:
      'Finds contacts of the company phone books by the beginnings of words of name or company, or of a number with or without country code; best first.',
    params: z.strictObject({ query: text(1, 100), limit: z.int().min(1).max(100).default(20) }),
    result: z.object({ contacts: z.array(phoneBookContactSchema) }),
  },
  'phoneBook.list': {
    about: 'All contacts of the company phone books by name, in pages.',
    params: z.strictObject({ cursor: z.string().max(256).optional(), limit: z.int().min(1).max(200).default(50) }),
    result: z.object({ contacts: z.array(phoneBookContactSchema), nextCursor: z.string().optional() }),
  },
} as const satisfies Methods;
