import * as z from 'zod';
import { actIdSchema, serverIdSchema, userIdSchema } from '../ids.ts';
import type { Events, Methods } from './methods.ts';
import { permissionLevelSchema } from './permissions.ts';
import { capabilitySchema } from './session.ts';
import { text, timestamp } from './text.ts';

/** What a person is for others. `unknown`: the watcher may not see it. */
export const presenceStates = ['available', 'busy', 'doNotDisturb', 'away', 'offline', 'unknown'] as const;
export const presenceStateSchema = z.enum(presenceStates);
export type PresenceState = z.infer<typeof presenceStateSchema>;

/** What a person can set by hand; `offline` is "appear offline". */
export const manualStateSchema = z.enum(['available', 'busy', 'doNotDisturb', 'away', 'offline']);
export type ManualState = z.infer<typeof manualStateSchema>;

/** Why a state is what it is. */
export const activityKinds = [
  'manual',
  'inactive',
  'mobileOnly',
  'ringing',
  'inCall',
  'inConference',
  'appointment',
  'afterCallWork',
] as const;
export const activityReasonSchema = z.object({
  kind: z.enum(activityKinds),
  /** Name or number of the other party, subject of the appointment: as far as the watcher may know. */
  with: z.string().optional(),
  until: timestamp.optional(),
  private: z.boolean().optional(),
});
export type ActivityReason = z.infer<typeof activityReasonSchema>;

export const noteSchema = z.object({ text: z.string(), until: timestamp.optional() });

/**
 * Orders all changes of a user's presence, also when they travel over two paths: (term, server id, life, seq), compared in
 * that order.
 */
export const presenceVersionSchema = z.tuple([z.int().min(0), serverIdSchema, z.int().min(0), z.int().min(0)]);
export type PresenceVersion = z.infer<typeof presenceVersionSchema>;

/** The presence of a user as one watcher sees it; fields the watcher may not see are missing. */
export const presenceSchema = z.object({
  userId: userIdSchema,
  version: presenceVersionSchema,
  /** The watcher's level, which also says what they may do (`docs/rights.md`). */
  level: permissionLevelSchema,
  state: presenceStateSchema,
  /** Since when the state holds. */
  since: timestamp.optional(),
  /** The user's server cannot be heard: this is the last that was known. */
  stale: z.literal(true).optional(),
  /** From level business. */
  activities: z.array(activityReasonSchema).optional(),
  /** From level business. */
  note: noteSchema.optional(),
  /** Of an offline user. */
  lastSeen: timestamp.optional(),
  /** From level public. */
  capabilities: z.array(capabilitySchema).optional(),
  /** Kinds of device that can be reached; from level team. */
  devices: z.array(z.enum(['browser', 'desktop', 'mobile', 'phone'])).optional(),
});
export type Presence = z.infer<typeof presenceSchema>;

/** What a user sees of themselves beside their presence. */
export const ownPresenceSchema = z.object({
  presence: presenceSchema,
  manual: z
    .object({ state: manualStateSchema, from: timestamp.optional(), until: timestamp.optional(), setBy: userIdSchema.optional() })
    .nullable(),
  /** What the state would be without the manual one. */
  automatic: presenceStateSchema,
});
export type OwnPresence = z.infer<typeof ownPresenceSchema>;

const watchedUsers = z.array(userIdSchema).min(1).max(500);

export const presenceMethods = {
  'presence.watch': {
    about:
      'Watches people: answers with what they are now; changes follow as `presence.changed`. Watching somebody twice does nothing.',
    params: z.strictObject({ userIds: watchedUsers }),
    result: z.object({ presences: z.array(presenceSchema) }),
  },
  'presence.unwatch': {
    about: 'Stops watching people.',
    params: z.strictObject({ userIds: watchedUsers }),
    result: z.object({}),
  },
  'presence.get': {
    about: 'What people are now, without watching them.',
    params: z.strictObject({ userIds: watchedUsers }),
    result: z.object({ presences: z.array(presenceSchema) }),
  },
  'presence.own': {
    about: 'The own presence: also what was set by hand and what it would be without.',
    params: z.strictObject({}),
    result: ownPresenceSchema,
  },
  'presence.set': {
    about:
      'Sets a state by hand, from and until given times if wanted; null lets sessions, calls and calendar decide. With `userId`: that of another person (right `setPresence`).',
    act: true,
    params: z.strictObject({
      actId: actIdSchema,
      userId: userIdSchema.optional(),
      state: manualStateSchema.nullable(),
      from: timestamp.optional(),
      until: timestamp.optional(),
    }),
    result: z.object({ version: presenceVersionSchema }),
  },
  'presence.setNote': {
    about:
      'Sets the note, until a given time if wanted; null removes it. With `userId`: that of another person (right `setPresence`).',
    act: true,
    params: z.strictObject({
      actId: actIdSchema,
      userId: userIdSchema.optional(),
      text: text(1, 500).nullable(),
      until: timestamp.optional(),
    }),
    result: z.object({ version: presenceVersionSchema }),
  },
} as const satisfies Methods;

export const presenceEvents = {
  'presence.changed': {
    about:
      'A watched person changed. The whole presence as this watcher may see it; an older version than the known one of the same level is ignored.',
    fields: presenceSchema,
  },
  'presence.own': {
    about: 'The own presence changed.',
    fields: ownPresenceSchema,
  },
} as const satisfies Events;
