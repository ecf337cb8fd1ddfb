import { type ConversationId, conversationIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';

/** Where a page of conversations ends; those with newer entries come first. */
export interface ConversationCursor {
  /** When its newest entry was accepted; wall time in ms. */
  readonly at: number;
  readonly id: ConversationId;
}

const form = /^(\d{1,16})\.(.+)$/;

export function writeCursor({ at, id }: ConversationCursor): string {
  return `${at}.${id}`;
}

/** @throws UCError `BAD_REQUEST` when it is not a cursor of ours. */
export function readCursor(cursor: string): ConversationCursor {
  const [, at, id] = form.exec(cursor) ?? [];
  const parsed = conversationIdSchema.safeParse(id);
  if (at === undefined || !parsed.success) throw new UCError('BAD_REQUEST', 'This is not a cursor.', { field: 'params.cursor' });
  return { at: Number(at), id: parsed.data };
}
