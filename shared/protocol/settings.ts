import * as z from 'zod';
import { actIdSchema, serverIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';
import { timestamp } from './text.ts';

/** Where a setting holds: in the whole company, or on one server (which then outweighs the company's value). */
export const settingScopeSchema = z.union([z.literal('global'), serverIdSchema]);

export const settingSchema = z.object({
  key: z.string(),
  about: z.string(),
  value: z.unknown(),
  default: z.unknown(),
  /** Where the value in force comes from. */
  source: z.union([z.literal('default'), settingScopeSchema]),
  version: z.int().min(0),
  author: userIdSchema.nullable(),
  at: timestamp.nullable(),
  needsRestart: z.boolean(),
});
export type Setting = z.infer<typeof settingSchema>;

export const settingMethods = {
  'settings.client': {
    about: 'The settings clients need.',
    params: z.strictObject({}),
    result: z.object({ values: z.record(z.string(), z.unknown()) }),
  },
  'settings.list': {
    about: 'All settings with their values and where they come from (administrators).',
    params: z.strictObject({ scope: settingScopeSchema.default('global') }),
    result: z.object({ settings: z.array(settingSchema) }),
  },
  'settings.set': {
    about:
      'Sets a value; null goes back to the default. `version` is the one that was read; a newer one answers VERSION_CONFLICT (administrators).',
    act: true,
    params: z.strictObject({
      actId: actIdSchema,
      key: z.string().min(1).max(100),
      scope: settingScopeSchema.default('global'),
      value: z.json(),
      version: z.int().min(0),
    }),
    result: settingSchema,
  },
} as const satisfies Methods;

export const settingEvents = {
  'settings.changed': {
    about: 'Settings that clients need have changed.',
    fields: z.object({ values: z.record(z.string(), z.unknown()) }),
  },
} as const satisfies Events;
