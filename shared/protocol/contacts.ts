import * as z from 'zod';
import { actIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';
import { text } from './text.ts';

/** Favourites and own groups of a user, in their order; kept on the server, the same on all their devices. */
export const contactListSchema = z.object({
  version: z.int().min(0),
  favourites: z.array(userIdSchema).max(500),
  groups: z
    .array(z.object({ id: z.string().min(1).max(64), name: text(1, 100), members: z.array(userIdSchema).max(500) }))
    .max(100),
});
export type ContactList = z.infer<typeof contactListSchema>;

export const contactMethods = {
  'contacts.get': {
    about: "The user's favourites and contact groups.",
    params: z.strictObject({}),
    result: contactListSchema,
  },
  'contacts.put': {
    about:
      'Replaces favourites and groups. `version` is the one that was read; a newer one answers VERSION_CONFLICT with the current list.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, ...contactListSchema.shape }),
    result: contactListSchema,
  },
} as const satisfies Methods;

export const contactEvents = {
  'contacts.changed': { about: 'The list was changed on another device.', fields: contactListSchema },
} as const satisfies Events;
