import * as z from 'zod';
import { actIdSchema, callIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';
import { text, timestamp } from './text.ts';

export const maxNoteUnits = 1_000;
/** Longest text that is searched for, in UTF-16 units. */
export const maxJournalTextUnits = 100;

/** Somebody in a call as they were then; later changes of names and numbers change nothing here. */
export const callPartySchema = z.object({
  /** A person of the company. */
  userId: userIdSchema.optional(),
  /** E.164 with +, an extension, or what else was shown; missing: withheld. */
  number: z.string().optional(),
  name: z.string().optional(),
});
export type CallParty = z.infer<typeof callPartySchema>;

/**
 * What became of a call for one person. `missed`: it rang and nobody took it; `noAnswer`: the same for who called; `cancelled`: who
 * called gave up; `answeredElsewhere`: somebody else took it (`acceptedBy`), or it was taken for them; `failed`: see `sipStatus`.
 */
export const callResultSchema = z.enum([
  'answered',
  'missed',
  'noAnswer',
  'busy',
  'declined',
  'cancelled',
  'unreachable',
  'failed',
  'answeredElsewhere',
]);
export type CallResult = z.infer<typeof callResultSchema>;

/** One call as the journal of one person keeps it. */
export const callRecordSchema = z.object({
  callId: callIdSchema,
  /** The same for all calls of one scenario: a consultation and the call it belongs to, what a transfer joined. */
  scenarioId: callIdSchema,
  direction: z.enum(['incoming', 'outgoing']),
  /** `internal`: the other one is of the company. */
  scope: z.enum(['internal', 'external']),
  /** The other one. */
  peer: callPartySchema,
  /** The person's own number that was called, or with which they called. */
  ownNumber: z.string().optional(),
  startedAt: timestamp,
  ringingAt: timestamp.optional(),
  connectedAt: timestamp.optional(),
  endedAt: timestamp,
  result: callResultSchema,
  /** Final SIP status of a call that did not come about, where there was one. */
  sipStatus: z.int().min(300).max(699).optional(),
  /** Who took it instead. */
  acceptedBy: callPartySchema.optional(),
  /** Who handed the call over to this person. */
  transferredFrom: callPartySchema.optional(),
  /** To whom this person handed it over. */
  transferredTo: callPartySchema.optional(),
  /** The server of the call died and another one closed it: `endedAt` and `result` are what that one knew. */
  closedByOther: z.literal(true).optional(),
});
export type CallRecord = z.infer<typeof callRecordSchema>;

export const journalEntrySchema = callRecordSchema.extend({
  note: z.string().optional(),
  /** A missed call that was not seen yet. */
  unread: z.literal(true).optional(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

/** Whether somebody tried in vain to reach the person. */
export function isMissed({ direction, result }: Pick<CallRecord, 'direction' | 'result'>): boolean {
  return direction === 'incoming' && !['answered', 'declined', 'answeredElsewhere'].includes(result);
}

const callIds = z.array(callIdSchema).min(1).max(100);
const unreadSchema = z.object({ missed: z.int().min(0) });

export const journalMethods = {
  'journal.list': {
    about:
      "The user's calls, the newest first, in pages. All filters that are given must hold. With filters a page may hold fewer than asked for although there are more.",
    params: z
      .strictObject({
        /** Only missed calls. */
        missed: z.literal(true).optional(),
        direction: z.enum(['incoming', 'outgoing']).optional(),
        /** Part of a name, a number or the note; case, accents and how a number is written do not matter. */
        text: text(1, maxJournalTextUnits).optional(),
        /** The first moment at which a call began. */
        from: timestamp.optional(),
        /** The last one. */
        to: timestamp.optional(),
        /** Only calls with this person. */
        person: userIdSchema.optional(),
        cursor: z.string().max(128).optional(),
        limit: z.int().min(1).max(100).default(50),
      })
      .refine(({ from = 0, to = Number.MAX_SAFE_INTEGER }) => from <= to, { message: 'must not be before from', path: ['to'] }),
    result: z.object({
      entries: z.array(journalEntrySchema),
      /** Missing: there is nothing more. */
      nextCursor: z.string().optional(),
      /** The database is away: only what waits for it is here. */
      partial: z.literal(true).optional(),
    }),
  },
  'journal.unread': {
    about: 'How many missed calls the user has not seen yet.',
    params: z.strictObject({}),
    result: unreadSchema,
  },
  'journal.markRead': {
    about: 'Marks missed calls as seen: those that are named, or all that began up to a moment.',
    act: true,
    params: z
      .strictObject({ actId: actIdSchema, callIds: callIds.optional(), upTo: timestamp.optional() })
      .refine(({ callIds: some, upTo }) => (some === undefined) !== (upTo === undefined), 'needs either callIds or upTo'),
    result: unreadSchema,
  },
  'journal.note': {
    about: 'Writes a note to a call; an empty one takes it away. Only the user sees it.',
    act: true,
    params: z.strictObject({ actId: actIdSchema, callId: callIdSchema, note: text(0, maxNoteUnits) }),
    result: z.object({ entry: journalEntrySchema }),
  },
  'journal.remove': {
    about: "Takes calls out of the user's journal for good; others keep theirs.",
    act: true,
    params: z.strictObject({ actId: actIdSchema, callIds }),
    result: z.object({}),
  },
} as const satisfies Methods;

export const journalEvents = {
  'journal.entry': {
    about: 'A call was recorded, more became known of it, or its note was changed.',
    fields: journalEntrySchema,
  },
  'journal.read': {
    about: 'Missed calls were marked as seen: those that are named, or all that began up to a moment.',
    fields: z.object({ callIds: z.array(callIdSchema).optional(), upTo: timestamp.optional() }),
  },
  'journal.removed': {
    about: 'Calls were taken out of the journal.',
    fields: z.object({ callIds: z.array(callIdSchema) }),
  },
  'journal.unread': {
    about: 'How many missed calls were not seen yet.',
    fields: unreadSchema,
  },
} as const satisfies Events;
