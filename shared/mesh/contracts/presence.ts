import * as z from 'zod';
import { defineEvent, defineRequest } from '../contract.ts';
import { actParamsSchema, defineAct } from './ownership.ts';

// What was checked by the server that took it from a client is here only given its type: these schemas run for every change.
const userId = z.string().brand<'UserId'>();
const serverId = z.string().brand<'ServerId'>();
const version = z.tuple([z.number(), serverId, z.number(), z.number()]);
const timestamp = z.number();

/** A permission level by its rank, 0 (blocked) to 4 (personal). */
const rank = z.number().int().min(0).max(4);

/**
 * A presence as one level sees it: (rank, version, event). The event is the serialised `presence.changed` of the client protocol, which
 * the receiver passes on as it is.
 */
export const presenceVariantSchema = z.tuple([rank, version, z.string()]);
export type PresenceVariant = z.infer<typeof presenceVariantSchema>;

export const presenceChanged = defineEvent('presence.changed', z.object({ userId, variants: z.array(presenceVariantSchema) }), {
  lane: 'second',
  meaning: 'The presence of a user, from their owner to each server that watches them: one variant per level in use there.',
});

export const presenceLevels = defineEvent(
  'presence.levels',
  z.object({ userId, levels: z.array(z.tuple([userId, rank])), variants: z.array(presenceVariantSchema) }),
  { meaning: 'Watchers on the receiving server have another level now; with the variants those levels see.' },
);

export const presenceRegister = defineRequest(
  'presence.register',
  z.object({
    /** The users of these buckets (`bucketOf`) are named completely: whoever is missing is not watched any more. */
    buckets: z.array(z.number()).optional(),
    users: z.array(
      z.object({
        userId,
        watchers: z.array(userId),
        /** Variants that are known already and need not be sent again. */
        have: z.array(z.tuple([rank, version])),
      }),
    ),
  }),
  z.object({
    users: z.array(
      z.object({
        userId,
        /** The level of each named watcher, in the order they were named. */
        ranks: z.array(rank),
        variants: z.array(presenceVariantSchema),
      }),
    ),
    /** Users of whom the asked server is not the owner. */
    elsewhere: z.array(userId),
  }),
  {
    meaning:
      'Registers the interest of watchers in users with their owner. The answer is the snapshot: their levels, and what those levels see.',
  },
);

export const presenceAddWatcher = defineRequest(
  'presence.add-watcher',
  z.object({
    watcher: userId,
    userIds: z.array(userId),
    /** (index of the user, rank, term, number) of variants that the asked server has told already and need not send again. */
    have: z.array(z.tuple([z.number(), rank, z.number(), z.number()])),
  }),
  z.object({
    /** The watcher's level for each user, in the order they were named; null: the asked server is not the owner. */
    ranks: z.array(rank.nullable()),
    /** What those levels see, as far as it is not there: (index of the user, variant). */
    variants: z.array(z.tuple([z.number(), presenceVariantSchema])),
  }),
  {
    meaning:
      'As `presence.register`, for one watcher more of many users: what is sent for every session that watches its contacts.',
  },
);

export const presenceRelease = defineEvent(
  'presence.release',
  z.object({ users: z.array(z.object({ userId, watchers: z.array(userId) })) }),
  { meaning: 'These watchers of the sending server have stopped watching these users some time ago.' },
);

export const presenceDigest = defineRequest(
  'presence.digest',
  z.object({ count: z.number(), hash: z.number() }),
  z.object({
    /** Hash per bucket as the owner has it; missing when the whole agrees. */
    buckets: z.array(z.number()).optional(),
  }),
  {
    meaning:
      'Count and hash of (user, version, level) that the sender watches at the receiver, every 5 s; buckets that differ are registered anew.',
  },
);

export const presenceRead = defineRequest(
  'presence.read',
  z.object({ reader: userId, userIds: z.array(userId) }),
  z.object({ variants: z.array(z.object({ userId, text: z.string() })) }),
  { meaning: 'Reads what users are now, as a reader may see it, without watching them.' },
);

const manualState = z.enum(['available', 'busy', 'doNotDisturb', 'away', 'offline']);

export const presenceSet = defineAct(
  'presence.set',
  actParamsSchema.extend({
    /** null: takes back what was set by hand. */
    state: manualState.nullable(),
    from: timestamp.optional(),
    until: timestamp.optional(),
    /** What the actor saw: the act loses to a state that was set since. */
    seen: version.optional(),
  }),
  z.object({ version }),
  { meaning: "Sets a user's state by hand; the owner checks the right `setPresence`." },
);

export const presenceSetNote = defineAct(
  'presence.set-note',
  actParamsSchema.extend({
    /** null: removes the note. */
    text: z.string().nullable(),
    until: timestamp.optional(),
    seen: version.optional(),
  }),
  z.object({ version }),
  { meaning: "Sets or removes a user's note; the owner checks the right `setPresence`." },
);

export const presenceClaimSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('call'),
    phase: z.enum(['ringing', 'inCall', 'inConference']),
    with: z.string().optional(),
  }),
  z.object({ kind: z.literal('phone') }),
  z.object({
    kind: z.literal('appointment'),
    from: timestamp,
    until: timestamp,
    subject: z.string().optional(),
    private: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('afterCallWork'), until: timestamp.optional() }),
]);

export const presenceClaims = defineEvent(
  'presence.claims',
  z.object({
    users: z.array(
      z.object({
        userId,
        /** All claims on this user that have their source at the sender; what is missing has ended. */
        claims: z.array(z.object({ claimId: z.string(), claim: presenceClaimSchema })),
        /** Rises with each change at the source: an older list is ignored. */
        version: z.number(),
      }),
    ),
  }),
  {
    meaning:
      'Reasons for a state (calls, appointments …) that have their source elsewhere, to the owner; sent anew when the owner changes.',
  },
);

/** What of a user's presence the next owner must know. Part of a hand-over, and of the record in Redis. */
export const presenceStateSchema = z.object({
  manual: z.object({ lasting: manualClaim().optional(), timed: manualClaim().optional() }).optional(),
  manualSetAt: timestamp.optional(),
  note: z.object({ text: z.string(), until: timestamp.optional() }).optional(),
  noteSetAt: timestamp.optional(),
  lastSeen: timestamp.optional(),
  /** What others saw last, and since when. */
  state: z.string().optional(),
  since: timestamp.optional(),
});
export type PresenceStateRecord = z.infer<typeof presenceStateSchema>;

function manualClaim() {
  return z.object({
    state: manualState,
    from: timestamp.optional(),
    until: timestamp.optional(),
    setBy: userId,
    setAt: timestamp,
  });
}

export const presenceContracts = [
  presenceChanged,
  presenceLevels,
  presenceRegister,
  presenceAddWatcher,
  presenceRelease,
  presenceDigest,
  presenceRead,
  presenceSet,
  presenceSetNote,
  presenceClaims,
] as const;
