import * as z from 'zod';
import { groupIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';
import { permissionLevelSchema } from './permissions.ts';

/** A person's card as one reader may see it: name and e-mail always, the rest by permission level. */
export const personSchema = z.object({
  userId: userIdSchema,
  name: z.string(),
  email: z.string(),
  level: permissionLevelSchema,
  /** Changes with the picture; 0: none. The picture is at `/api/pictures/<userId>?v=<pictureVersion>`. */
  pictureVersion: z.int().min(0),
  title: z.string().optional(),
  company: z.string().optional(),
  department: z.string().optional(),
  workPhone: z.string().optional(),
  office: z.string().optional(),
  address: z.string().optional(),
  mobile: z.string().optional(),
  privatePhone: z.string().optional(),
});
export type Person = z.infer<typeof personSchema>;

export const groupSchema = z.object({
  groupId: groupIdSchema,
  name: z.string(),
  memberCount: z.int(),
  /** The user belongs to it. */
  own: z.literal(true).optional(),
});

const page = { cursor: z.string().max(256).optional(), limit: z.int().min(1).max(200).default(50) };

export const directoryMethods = {
  'directory.search': {
    about: 'Finds people by the beginnings of words of name, e-mail, department or phone number, best first.',
    params: z.strictObject({ query: z.string().min(1).max(100), limit: z.int().min(1).max(100).default(20) }),
    result: z.object({ people: z.array(personSchema) }),
  },
  'directory.get': {
    about: 'The cards of people by id; ids of nobody are left out.',
    params: z.strictObject({ userIds: z.array(userIdSchema).min(1).max(500) }),
    result: z.object({ people: z.array(personSchema) }),
  },
  'directory.groups': {
    about: 'The departments and other groups of the company.',
    params: z.strictObject({}),
    result: z.object({ groups: z.array(groupSchema) }),
  },
  'directory.people': {
    about: 'All people, or those of a group, by name, in pages.',
    params: z.strictObject({ groupId: groupIdSchema.optional(), ...page }),
    result: z.object({ people: z.array(personSchema), nextCursor: z.string().optional() }),
  },
} as const satisfies Methods;

export const directoryEvents = {
  'directory.changed': {
    about: 'Cards of watched people changed (name, picture, numbers, or what may be seen of them); ask for them anew.',
    fields: z.object({ userIds: z.array(userIdSchema) }),
  },
} as const satisfies Events;
