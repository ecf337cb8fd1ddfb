import * as z from 'zod';
import { userIdSchema } from '#shared/ids.ts';
import { callPartySchema, callRecordSchema } from '#shared/protocol/journal.ts';

const longestText = 200;

/** What came over the network is kept as far as it can be, never refused. */
const clipped = z.string().transform((value) => value.replaceAll('\u0000', '').slice(0, longestText).toWellFormed());
const party = callPartySchema.extend({ number: clipped.optional(), name: clipped.optional() });

/**
 * What the owner of a call records for one person of it, once their part has ended. There is one row for each (call, person),
 * however often and by whichever server it is recorded. Of two that differ the one that says more is kept:
 *
 * 1. one whose writer saw the end (`closedByOther` is missing) before one that was closed with what was known;
 * 2. then the higher `term` of the call;
 * 3. then the higher `revision`;
 * 4. else the one whose content has the greater hash, so that all servers keep the same.
 */
export const journalRowSchema = callRecordSchema.extend({
  /** In whose journal it stands. */
  userId: userIdSchema,
  peer: party,
  ownNumber: clipped.optional(),
  acceptedBy: party.optional(),
  transferredFrom: party.optional(),
  transferredTo: party.optional(),
  /** Number of the call's ownership under which it was written; rises with each take-over. */
  term: z.int().min(0).max(9_999_999_999),
  /** The owner that has come to know more after it had recorded raises it. */
  revision: z.int().min(0).max(999_999).default(0),
});

export type JournalRow = z.output<typeof journalRowSchema>;
export type JournalRowInput = z.input<typeof journalRowSchema>;
