import * as z from 'zod';
import { defineSetting } from '#ucserver/settings/index.ts';

/** Whoever may change this setting must not be able to get rid at once of what is written down about them. */
const fewestDays = 30;

export const auditDaysSetting = defineSetting({
  key: 'audit.days',
  about: `Days after which entries of the audit log are deleted, at least ${fewestDays}; 0: never. That it was done is itself an entry.`,
  schema: z
    .int()
    .min(0)
    .max(36_500)
    .refine((days) => days === 0 || days >= fewestDays, `must be 0 or at least ${fewestDays}`),
  default: 0,
});
