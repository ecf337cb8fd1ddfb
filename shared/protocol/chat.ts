import * as z from 'zod';
import { conversationIdSchema, entryIdSchema, groupIdSchema, userIdSchema } from '../ids.ts';
import { conversationSchema, cursorSchema, positionSchema } from './chat-conversations.ts';
import {
  emojiSchema,
  entrySchema,
  maxMessageUnits,
  memberRoleSchema,
  mentionsSchema,
  messageBodySchema,
  pendingEntrySchema,
} from './chat-entries.ts';
import type { Events, Methods } from './methods.ts';
import { text, timestamp } from './text.ts';

export * from './chat-conversations.ts';
export * from './chat-entries.ts';

/** People named in one request. */
export const maxNamedMembers = 500;
/** Up to this many members, everybody is told how far the others have read and who is writing. */
export const maxToldPositions = 100;
/** Entries about others in one answer. */
export const maxAboutEntries = 1_000;

const title = text(1, 100).refine((value) => value.trim() !== '', 'must not be blank');
const namedMembers = z.array(userIdSchema).min(1).max(maxNamedMembers);

/** Where an entry stands. */
const stored = z.object({ seq: z.int().min(1), at: timestamp });
/** Where an entry stands, or waits. */
const placed = z.union([stored, z.object({ pending: z.int().min(1), at: timestamp })]);
const ids = { conversationId: conversationIdSchema, entryId: entryIdSchema };
const onEntry = { ...ids, target: entryIdSchema };

export const chatMethods = {
  'chat.open': {
    about: 'The one-to-one conversation with a person; it exists from its first message on, its id is known before.',
    params: z.strictObject({ userId: userIdSchema }),
    result: conversationSchema,
  },
  'chat.createGroup': {
    about: 'Begins a conversation of several people, with the user as moderator. Sent again, it is the same conversation.',
    act: true,
    params: z.strictObject({
      entryId: entryIdSchema,
      kind: z.enum(['group', 'channel']).default('group'),
      title,
      members: namedMembers,
      /** Whether those who are added later see what was written before. */
      historyVisible: z.boolean().default(true),
    }),
    result: conversationSchema,
  },
  'chat.openDepartment': {
    about:
      'The conversation of a department that the user belongs to, begun by whoever asks first. Everybody of the department is in it, and the directory alone decides who that is.',
    params: z.strictObject({ groupId: groupIdSchema }),
    result: conversationSchema,
  },
  'chat.addMembers': {
    about: 'Adds people to a group; for moderators, who need the right to chat with each of them.',
    act: true,
    params: z.strictObject({ ...ids, members: namedMembers }),
    result: placed,
  },
  'chat.removeMembers': {
    about: 'Removes people from a group; for moderators. They keep what they could see until then.',
    act: true,
    params: z.strictObject({ ...ids, members: namedMembers }),
    result: placed,
  },
  'chat.setRole': {
    about: 'Makes a member moderator, or no longer; for moderators. One moderator must remain.',
    act: true,
    params: z.strictObject({ ...ids, userId: userIdSchema, role: memberRoleSchema }),
    result: placed,
  },
  'chat.rename': {
    about: 'Changes the title of a group; for moderators.',
    act: true,
    params: z.strictObject({ ...ids, title }),
    result: placed,
  },
  'chat.leave': {
    about: 'Leaves a group. When the last moderator leaves, whoever has been in it longest becomes one.',
    act: true,
    params: z.strictObject(ids),
    result: placed,
  },
  'chat.mute': {
    about: 'No notices of this conversation for the user until then; null: they come again. Only the user learns of it.',
    params: z.strictObject({ conversationId: conversationIdSchema, until: timestamp.nullable() }),
    result: z.object({}),
  },
  'chat.conversations': {
    about: "The user's conversations, those with the newest entries first, in pages.",
    params: z.strictObject({ cursor: z.string().max(256).optional(), limit: z.int().min(1).max(200).default(50) }),
    result: z.object({
      conversations: z.array(conversationSchema),
      nextCursor: z.string().optional(),
      /** The database is away: only the conversations that were active lately are here. Ask again when it is back. */
      partial: z.literal(true).optional(),
    }),
  },
  'chat.send': {
    about:
      'Adds a message. Answered when it is stored: `seq` is its number. While the database is away it is kept by two other means, and `pending` is its place until `chat.committed` tells its number. The same entryId sent again is the same message.',
    act: true,
    params: z.strictObject({ conversationId: conversationIdSchema, entryId: entryIdSchema, body: messageBodySchema }),
    result: placed,
  },
  'chat.edit': {
    about: "Replaces the text of one's own message; what stood there before stays in the log. Not for deleted or forwarded ones.",
    act: true,
    params: z.strictObject({ ...onEntry, text: text(1, maxMessageUnits), mentions: mentionsSchema.optional() }),
    result: placed,
  },
  'chat.delete': {
    about: "Takes back one's own message: its texts leave the log, its number stays.",
    act: true,
    params: z.strictObject(onEntry),
    result: placed,
  },
  'chat.react': {
    about: 'Adds a reaction to a message, or takes it back; one of each emoji per person.',
    act: true,
    params: z.strictObject({ ...onEntry, emoji: emojiSchema, on: z.boolean().default(true) }),
    result: placed,
  },
  'chat.forward': {
    about: 'Copies the present text of a message that the user can read into a conversation, with its author and time.',
    act: true,
    params: z.strictObject({
      conversationId: conversationIdSchema,
      entryId: entryIdSchema,
      from: z.strictObject({ conversationId: conversationIdSchema, entryId: entryIdSchema }),
    }),
    result: placed,
  },
  'chat.history': {
    about:
      'Entries by number: those before `before` (newest page when missing) or after `after`, always in ascending order. While the database is away, what is not in memory is answered `STORAGE_UNAVAILABLE`, never with an empty list.',
    params: z
      .strictObject({
        conversationId: conversationIdSchema,
        before: z.int().min(1).optional(),
        after: z.int().min(0).optional(),
        limit: z.int().min(1).max(200).default(50),
      })
      .refine(({ before, after }) => before === undefined || after === undefined, {
        message: 'before and after exclude each other',
        path: ['after'],
      }),
    result: z.object({ entries: z.array(entrySchema), head: cursorSchema, more: z.boolean() }),
  },
  'chat.entries': {
    about:
      'Entries by their ids, each with what names it since (edits, reactions, deletes; the first 1,000 of these), ascending. Those that are not there, or that the user may not see, are missing.',
    params: z.strictObject({ conversationId: conversationIdSchema, entryIds: z.array(entryIdSchema).min(1).max(200) }),
    result: z.object({ entries: z.array(entrySchema) }),
  },
  'chat.resume': {
    about:
      'What a client that was away has missed: for each conversation it knows, its head, positions, the first entries after the cursor and all that is pending; conversations it does not know are in `chat.conversations`.',
    params: z.strictObject({
      cursors: z.array(z.strictObject({ conversationId: conversationIdSchema, ...cursorSchema.shape })).max(200),
    }),
    result: z.object({
      conversations: z.array(z.object({ conversation: conversationSchema, entries: z.array(entrySchema), more: z.boolean() })),
    }),
  },
  'chat.mark': {
    about: 'Says how far this user has read or received; lower positions than the known ones do nothing.',
    params: z.strictObject({
      conversationId: conversationIdSchema,
      read: z.int().min(0).optional(),
      delivered: z.int().min(0).optional(),
    }),
    result: z.object({}),
  },
  'chat.positions': {
    about:
      'How far each member has read and received. Up to 100 members clients are told by themselves; in larger conversations this is how to learn it.',
    params: z.strictObject({ conversationId: conversationIdSchema }),
    result: z.object({ positions: z.array(positionSchema) }),
  },
  'chat.typing': {
    about: 'The user is writing; sent at most every 3 s, never stored.',
    params: z.strictObject({ conversationId: conversationIdSchema }),
    result: z.object({}),
  },
} as const satisfies Methods;

export const chatEvents = {
  'chat.entry': {
    about: 'A new entry; contiguous numbers only. The session that sent it gets the answer to its request instead.',
    fields: entrySchema,
  },
  'chat.pending': {
    about:
      'A new entry without a number, because the database is away. It may come more than once, and after its number was told.',
    fields: pendingEntrySchema,
  },
  'chat.committed': {
    about:
      'A pending entry has got its number. The entry itself comes as `chat.entry`, or is fetched like any other that is missing.',
    fields: z.object({ conversationId: conversationIdSchema, entryId: entryIdSchema, seq: z.int().min(1) }),
  },
  'chat.position': {
    about: 'A member has read or received further.',
    fields: z.object({ conversationId: conversationIdSchema, ...positionSchema.shape }),
  },
  'chat.typing': {
    about: 'A member is writing; holds for 5 s.',
    fields: z.object({ conversationId: conversationIdSchema, userId: userIdSchema }),
  },
  'chat.muted': {
    about: 'The user has muted a conversation on another device, or wants its notices again (null).',
    fields: z.object({ conversationId: conversationIdSchema, until: timestamp.nullable() }),
  },
  'chat.emptied': {
    about: 'The texts of a conversation up to this number are no longer kept; their entries stay, with empty bodies.',
    fields: z.object({ conversationId: conversationIdSchema, upTo: z.int().min(1) }),
  },
  'chat.head': {
    about: 'The conversation is further than this connection was told; ask `chat.history` for what is after the own cursor.',
    fields: z.object({ conversationId: conversationIdSchema, head: cursorSchema }),
  },
} as const satisfies Events;
