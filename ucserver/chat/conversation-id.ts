import { hash } from 'node:crypto';
import { type ConversationId, conversationIdSchema, type UserId } from '#shared/ids.ts';

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
  return conversationIdSchema.parse(`d-${hash('sha256', text, 'base64url').slice(0, digestLength)}`);
}
