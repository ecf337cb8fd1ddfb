import * as z from 'zod';
import { classOfServiceSchema } from '#ucserver/dialing/plan-schema.ts';

/** How somebody telephones; what is missing is left to the groups of the person and to the company. */
export const dialProfileSchema = z.strictObject({
  site: z.string().max(32).optional().describe('Site of the dial plan; by its rules numbers are read.'),
  extension: z
    .string()
    .regex(/^[0-9]{1,8}$/, 'Must be 1 to 8 digits.')
    .optional()
    .describe('Number inside the company; the last digits of an outside number of a range.'),
  classOfService: classOfServiceSchema.optional().describe('The farthest that may be called.'),
});
export type DialProfile = z.infer<typeof dialProfileSchema>;

/** Whose profile it is. */
export type ProfileOwner = `user/${string}` | `group/${string}`;
