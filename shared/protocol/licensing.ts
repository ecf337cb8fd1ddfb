import * as z from 'zod';
import type { Events } from './methods.ts';
import { text, timestamp } from './text.ts';

export const licensingEvents = {
  'licensing.ending': {
    about: 'The server cannot confirm its licence: unless it can until then, this session is ended.',
    fields: z.object({ feature: text(1, 64), at: timestamp }),
  },
} as const satisfies Events;
