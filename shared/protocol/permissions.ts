import * as z from 'zod';
import { actIdSchema, groupIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';

/** The five levels, lowest first; a higher level sees and may do all that a lower one does. */
export const permissionLevels = ['blocked', 'public', 'business', 'team', 'personal'] as const;
export const permissionLevelSchema = z.enum(permissionLevels);
export type PermissionLevel = z.infer<typeof permissionLevelSchema>;

/** What a watcher may do to a presentity. */
export const rightSchema = z.enum(['chat', 'call', 'setPresence', 'pickUp', 'setForwarding']);
export type Right = z.infer<typeof rightSchema>;

/** To whom a grant is made: a person, the members of a group, or everybody in the company. */
export const granteeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user'), userId: userIdSchema }),
  z.strictObject({ kind: z.literal('group'), groupId: groupIdSchema }),
]);
export type Grantee = z.infer<typeof granteeSchema>;

export const grantSchema = z.object({ to: granteeSchema, level: permissionLevelSchema });

export const permissionMethods = {
  'permissions.get': {
    about: 'The grants this user has made, and the level everybody else in the company has.',
    params: z.strictObject({}),
    result: z.object({ companyDefault: permissionLevelSchema, grants: z.array(grantSchema) }),
  },
  'permissions.grant': {
    about:
      'Gives a person or a group a level; null takes the grant back. A personal grant decides alone, so it can also give less.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, to: granteeSchema, level: permissionLevelSchema.nullable() }),
    result: z.object({}),
  },
} as const satisfies Methods;

export const permissionEvents = {
  'permissions.changed': {
    about: 'The grants of this user were changed, perhaps on another device.',
    fields: z.object({ companyDefault: permissionLevelSchema, grants: z.array(grantSchema) }),
  },
} as const satisfies Events;
