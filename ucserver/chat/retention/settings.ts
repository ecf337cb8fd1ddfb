import * as z from 'zod';
import { defineSetting } from '#ucserver/settings/index.ts';

/** Longest time that can be set, in days. */
const mostDays = 36_500;

export const messageDaysSetting = defineSetting({
  key: 'chat.messageDays',
  about: 'Days after which the texts of messages are deleted; 0: never. Files go with the last message that refers to them.',
  schema: z.int().min(0).max(mostDays),
  default: 0,
});
