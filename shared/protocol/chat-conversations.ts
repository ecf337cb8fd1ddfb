import * as z from 'zod';
import { conversationIdSchema, userIdSchema } from '../ids.ts';
import { conversationKindSchema, entrySchema, pendingEntrySchema } from './chat-entries.ts';
import { timestamp } from './text.ts';

/** How far a member has got; positions only grow. */
export const positionSchema = z.object({
  userId: userIdSchema,
  /** Everything up to this number was read. */
  read: z.int().min(0),
  /** Everything up to this number has reached one of the member's devices. */
  delivered: z.int().min(0),
});
export type Position = z.infer<typeof positionSchema>;

/**
 * A place in a conversation's log. The generation rises when the database was restored from a backup; a client that holds
 * another one reads the conversation anew.
 */
export const cursorSchema = z.object({ generation: z.int().min(0), seq: z.int().min(0) });
export type Cursor = z.infer<typeof cursorSchema>;

export const conversationSchema = z.object({
  conversationId: conversationIdSchema,
  kind: conversationKindSchema,
  /** Missing: a conversation of two people. */
  title: z.string().optional(),
  /** Those who are in it now; empty for somebody who has left. */
  members: z.array(userIdSchema),
  /** Missing when there are none. */
  moderators: z.array(userIdSchema).optional(),
  /** The first entry this user may see; missing: 1. */
  visibleFrom: z.int().min(1).optional(),
  /** Texts up to this number are no longer kept; missing: all are. */
  emptiedUpTo: z.int().min(1).optional(),
  /** The user is no longer in it; the log ends for them at the head. */
  left: z.literal(true).optional(),
  /** No notices until then. */
  mutedUntil: timestamp.optional(),
  head: cursorSchema,
  /** With more than 100 members only the user's own. */
  positions: z.array(positionSchema),
  unread: z.int().min(0),
  lastEntry: entrySchema.optional(),
  /** All that is pending, in order; missing when nothing is. */
  pending: z.array(pendingEntrySchema).optional(),
  /** The database is away, and this is told from memory: the head may be higher, positions and `unread` say nothing. */
  partial: z.literal(true).optional(),
});
export type Conversation = z.infer<typeof conversationSchema>;
