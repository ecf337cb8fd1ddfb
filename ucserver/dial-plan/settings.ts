import * as z from 'zod';
import { type ClassOfService, classOfServiceSchema, dialPlanSchema } from '#ucserver/dialing/plan-schema.ts';
import { defineSetting } from '#ucserver/settings/index.ts';

export const dialPlanSetting = defineSetting({
  key: 'dialing.plan',
  about: 'How the company numbers its phones: sites, ranges of outside numbers, short numbers, what numbers cost.',
  schema: dialPlanSchema,
  default: dialPlanSchema.parse({ sites: [{ id: 'main', name: 'Main site', country: 'DE' }] }),
});

export const classOfServiceSetting = defineSetting<ClassOfService>({
  key: 'dialing.classOfService',
  about: 'The farthest that people may call for whom neither their profile nor one of a group of theirs says it.',
  schema: classOfServiceSchema,
  default: 'mobile',
});

export const premiumCallsSetting = defineSetting({
  key: 'dialing.premiumCallsPerUser',
  about: 'Most calls to premium numbers that a person can make at a time.',
  schema: z.int().min(0).max(100),
  default: 1,
});
