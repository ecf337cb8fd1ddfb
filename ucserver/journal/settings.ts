import * as z from 'zod';
import { defineSetting } from '#ucserver/settings/index.ts';

/** Longest time that can be set, in days. */
const mostDays = 36_500;

export const journalDaysSetting = defineSetting({
  key: 'journal.days',
  about: 'Days after which calls are deleted from the journals of all people; 0: never.',
  schema: z.int().min(0).max(mostDays),
  default: 0,
});
