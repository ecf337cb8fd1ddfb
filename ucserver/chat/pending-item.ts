import * as z from 'zod';
import { conversationIdSchema, entryIdSchema, type UserId, userIdSchema } from '#shared/ids.ts';
import type { OutboxItem } from '#ucserver/outbox/index.ts';
import type { NewEntry } from './commit-plan.ts';

/** An entry that waits for SQL, with the people it concerns. */
export interface PendingChat {
  readonly entry: NewEntry;
  /** Provisional number. */
  readonly place: number;
  readonly members: readonly UserId[];
}

/** Whose items these are in the outbox. */
export const chatKind = 'chat';

const bodySchema = z.object({
  author: userIdSchema,
  kind: z.string(),
  body: z.string(),
  at: z.number(),
  members: z.array(userIdSchema),
});

export function toItem({ entry, place, members }: PendingChat): OutboxItem {
  const { conversationId, entryId, author, kind, body, at } = entry;
  return { kind: chatKind, key: conversationId, id: entryId, place, body: JSON.stringify({ author, kind, body, at, members }) };
}

/** @throws Error when it is none of ours; spool and Redis hold only what a server of this mesh signed or wrote itself. */
export function fromItem({ key, id, place, body }: OutboxItem): PendingChat {
  const { members, ...rest } = bodySchema.parse(JSON.parse(body));
  return {
    entry: { conversationId: conversationIdSchema.parse(key), entryId: entryIdSchema.parse(id), ...rest },
    place,
    members,
  };
}
