import * as z from 'zod';
import { conversationIdSchema, type EntryId, entryIdSchema, fileIdSchema, type UserId, userIdSchema } from '../ids.ts';
import { type FileRef, maxMessageFiles } from './files.ts';
import { text, timestamp } from './text.ts';

/** Longest message, in UTF-16 units. */
export const maxMessageUnits = 10_000;

/**
 * One numbered entry of a conversation's log. Everything that changes a conversation is one; `seq` runs from 1 without gaps.
 * An unknown kind is kept and skipped, so that an older client stays in step with a newer server.
 */
export const entrySchema = z.object({
  conversationId: conversationIdSchema,
  seq: z.int().min(1),
  entryId: entryIdSchema,
  author: userIdSchema,
  at: timestamp,
  kind: z.string(),
  body: z.record(z.string(), z.unknown()),
});
export type Entry = z.infer<typeof entrySchema>;

/**
 * An entry that was accepted while the database was away: it has no number yet. Clients show pending entries behind all numbered
 * ones, in the order of `place` and then `entryId`, until they hear of their number.
 */
export const pendingEntrySchema = entrySchema.omit({ seq: true }).extend({
  /** Only good to order pending entries of one conversation. */
  place: z.int().min(1),
});
export type PendingEntry = z.infer<typeof pendingEntrySchema>;

/** People that one message can mention by name. */
export const mostMentions = 50;

/** Whom a message calls: members by id, or everybody in the conversation. */
export const mentionsSchema = z.union([z.array(userIdSchema).min(1).max(mostMentions), z.literal('everybody')]);
export type Mentions = z.infer<typeof mentionsSchema>;

/** What a client writes into a message: a text, files, or both. */
export const messageBodySchema = z
  .strictObject({
    text: text(0, maxMessageUnits),
    mentions: mentionsSchema.optional(),
    /** The entry of the same conversation that this one answers. */
    replyTo: entryIdSchema.optional(),
    /** Finished uploads of the author; in the entry stands what is to be known of them. */
    files: z.array(fileIdSchema).min(1).max(maxMessageFiles).optional(),
  })
  .refine(({ text: written, files }) => written !== '' || files !== undefined, {
    message: 'must not be empty without files',
    path: ['text'],
  });

/** `channel`: only moderators write. `department`: who is in it follows the company directory, and nobody moderates it. */
export const conversationKindSchema = z.enum(['direct', 'group', 'channel', 'department']);
export type ConversationKind = z.infer<typeof conversationKindSchema>;

export const memberRoleSchema = z.enum(['member', 'moderator']);
export type MemberRole = z.infer<typeof memberRoleSchema>;

/** Where a forwarded text is from; only the server writes it. */
export const forwardedSchema = z.object({ entryId: entryIdSchema, author: userIdSchema, at: timestamp });
export type Forwarded = z.infer<typeof forwardedSchema>;

/**
 * What stands in entries, by kind. A message or an edit whose text was taken back has an empty body, and so has what retention
 * or erasure removed.
 */
export interface EntryBodies {
  readonly message: Omit<z.infer<typeof messageBodySchema>, 'files'> & {
    readonly files?: readonly FileRef[] | undefined;
    readonly forwarded?: Forwarded | undefined;
  };
  readonly edit: { readonly target: EntryId; readonly text: string; readonly mentions?: Mentions | undefined };
  readonly delete: { readonly target: EntryId };
  readonly reaction: { readonly target: EntryId; readonly emoji: string; readonly on: boolean };
  /** The first entry of a group; `moderators` are among the members. */
  readonly created: {
    readonly kind: Exclude<ConversationKind, 'direct'>;
    readonly title: string;
    readonly historyVisible: boolean;
    readonly members: readonly UserId[];
    readonly moderators: readonly UserId[];
  };
  /** `moderator`: takes over from the last one, who leaves. */
  readonly members: {
    readonly added: readonly UserId[];
    readonly removed: readonly UserId[];
    readonly moderator?: UserId | undefined;
  };
  readonly role: { readonly userId: UserId; readonly role: MemberRole };
  readonly rename: { readonly title: string };
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const pictured = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

/** One emoji, of any age: whatever people see as one character and holds a picture, a flag or a keycap. */
export const emojiSchema = text(1, 32).refine(
  (value) => pictured.test(value) && [...graphemes.segment(value)].length === 1,
  'must be one emoji',
);
