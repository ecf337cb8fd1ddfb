import * as z from 'zod';
import { defineEvent } from '../contract.ts';

// Ids were checked by the server that recorded the call; here they are only given their type.
const userId = z.string().brand<'UserId'>();

export const journalRecorded = defineEvent(
  'journal.recorded',
  z.object({
    told: z.array(
      z.object({
        userId,
        /** JSON text of the entry, as its person sees it. */
        entry: z.string(),
      }),
    ),
  }),
  { meaning: 'Calls that came into the journals of people whom the receiver owns, or of which more is known now.' },
);

export const journalContracts = [journalRecorded] as const;
