import { hash } from 'node:crypto';
import { type ConversationId, conversationIdSchema, type EntryId, type GroupId, type UserId } from '#shared/ids.ts';
import type { ConversationKind } from '#shared/protocol/chat.ts';

/** What ids begin with tells what kind of conversation it is, so that rights need no look at SQL. */
const prefixes = { direct: 'd-', group: 'g-', channel: 'c-', department: 'o-' } as const satisfies Record<
  ConversationKind,
  string
>;

/** Length of a digest of 128 bits in base64url. */
const digestLength = 22;

/**
 * The id of the one-to-one conversation of two people: the same whoever asks, on every server, and before anything was stored.
 *
 * @param one either of the two; the order makes no difference
 */
export function directConversationId(one: UserId, other: UserId): ConversationId {
  // "\n" cannot be part of a user id, so no two pairs share a text.
  const text = one < other ? `${one}\n${other}` : `${other}\n${one}`;
  return idOf('direct', text);
}

/** The id of a conversation that somebody creates: the same when the same entry is sent again. */
export function createdConversationId(kind: 'group' | 'channel', creator: UserId, entryId: EntryId): ConversationId {
  return idOf(kind, `${creator}\n${entryId}`);
}

/** The id of the conversation of a department: the same whoever opens it first. */
export function departmentConversationId(groupId: GroupId): ConversationId {
  return idOf('department', groupId);
}

export function conversationKindOf(id: ConversationId): ConversationKind {
  if (id.startsWith(prefixes.group)) return 'group';
  if (id.startsWith(prefixes.channel)) return 'channel';
  return id.startsWith(prefixes.department) ? 'department' : 'direct';
}

function idOf(kind: ConversationKind, text: string): ConversationId {
  return conversationIdSchema.parse(`${prefixes[kind]}${hash('sha256', text, 'base64url').slice(0, digestLength)}`);
}
