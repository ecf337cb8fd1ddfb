import { type CountryCode, getCountries } from 'libphonenumber-js/max';
import * as z from 'zod';

/** What a call costs and who may make it, from harmless to expensive. */
export const reaches = ['internal', 'national', 'mobile', 'international', 'premium'] as const;
export type Reach = (typeof reaches)[number];

/** Whom somebody may call: everything up to this reach. */
export const classOfServiceSchema = z.enum(reaches);
export type ClassOfService = z.infer<typeof classOfServiceSchema>;

const digits = (least: number, most: number) =>
  z.string().regex(new RegExp(`^[0-9]{${least},${most}}$`), `Must be ${least} to ${most} digits.`);
/** A number as it stands in configuration. */
export const e164Schema = z.string().regex(/^\+[1-9][0-9]{4,14}$/, 'Must be + and 5 to 15 digits (E.164).');
const timeOfDaySchema = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'Must be a time such as 22:00.');
const countries: ReadonlySet<string> = new Set(getCountries());
const countrySchema = z.custom<CountryCode>((value) => typeof value === 'string' && countries.has(value), {
  message: 'Must be a country of ISO 3166-1, for example DE.',
});
const timeZoneSchema = z.string().max(64).refine(isTimeZone, 'Must be an IANA time zone, for example Europe/Berlin.');

const nightLockSchema = z
  .strictObject({
    from: timeOfDaySchema.describe('When the lock begins, by the clock of the site.'),
    to: timeOfDaySchema.describe('When it ends; earlier than `from`: on the next morning.'),
    weekend: z.boolean().default(false).describe('Also all of Saturday and Sunday.'),
    allows: classOfServiceSchema.default('internal').describe('What may be called while the lock is on.'),
  })
  .refine(({ from, to }) => from !== to, { message: 'Must differ from `from`.', path: ['to'] });

const siteSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/, 'Must be 1 to 32 of a-z, 0-9 and -.'),
  name: z.string().min(1).max(100),
  country: countrySchema.describe('By its rules numbers without + are read.'),
  areaCode: digits(1, 8).optional().describe('Area code without its leading 0, for numbers dialled without one.'),
  outsidePrefix: digits(1, 4)
    .optional()
    .describe('What is dialled before an outside number; none: numbers that are no extension go out.'),
  callerId: e164Schema
    .optional()
    .describe('What others see who are called from here and have no number of their own; emergency calls always show it.'),
  emergencyNumbers: z.array(digits(2, 6)).min(1).max(20).default(['112', '110', '911', '999']).describe('They always go out.'),
  timeZone: timeZoneSchema.default('Europe/Berlin'),
  nightLock: nightLockSchema.optional(),
});
export type Site = z.infer<typeof siteSchema>;

/** How the company numbers its phones and who may call what. One value for all servers, so that a change is one act. */
export const dialPlanSchema = z
  .strictObject({
    sites: z.array(siteSchema).min(1).max(500),
    ranges: z
      .array(
        z.strictObject({
          prefix: e164Schema.describe('What all numbers of the range begin with.'),
          extensionDigits: z.int().min(1).max(8).describe('How many digits follow; they are the extension.'),
        }),
      )
      .max(1_000)
      .default([])
      .describe('Outside numbers of the company: a call to one of them is a call to its extension.'),
    shortNumbers: z
      .array(z.strictObject({ number: digits(1, 8), to: z.string().min(1).max(32) }))
      .max(10_000)
      .default([])
      .describe('Dialled instead of what `to` says.'),
    reachOfPrefix: z
      .array(z.strictObject({ prefix: e164Schema, reach: z.enum(reaches).exclude(['internal']) }))
      .max(10_000)
      .default([])
      .describe('Reach of numbers that begin so; the longest decides, before what is known of the number.'),
  })
  .superRefine((plan, context) => {
    for (const { path, message } of contradictions(plan)) context.addIssue({ code: 'custom', path, message });
  });
export type DialPlan = z.infer<typeof dialPlanSchema>;

interface PlanParts {
  readonly sites: readonly Site[];
  readonly shortNumbers: readonly { readonly number: string }[];
}

function contradictions({ sites, shortNumbers }: PlanParts): { path: (string | number)[]; message: string }[] {
  const found: { path: (string | number)[]; message: string }[] = [];
  const emergency = new Set(sites.flatMap((site) => site.emergencyNumbers));
  const siteIds = new Set<string>();
  for (const [index, { id }] of sites.entries()) {
    if (siteIds.has(id)) found.push({ path: ['sites', index, 'id'], message: `Another site is "${id}".` });
    siteIds.add(id);
  }
  const numbers = new Set<string>();
  for (const [index, { number }] of shortNumbers.entries()) {
    const path = ['shortNumbers', index, 'number'];
    if (numbers.has(number)) found.push({ path, message: `There is another short number ${number}.` });
    if (emergency.has(number)) found.push({ path, message: `${number} is an emergency number.` });
    numbers.add(number);
  }
  return found;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
