import { type ConversationId, conversationIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';

/** A place in the order of what is found: the newest first, those of one moment by conversation and number, also descending. */
export interface Place {
  readonly at: number;
  readonly conversationId: ConversationId | '';
  readonly seq: number;
}

/** Everything up to this moment, inclusive, comes after this place. */
export function fromMoment(at: number): Place {
  return { at: at + 1, conversationId: '', seq: 0 };
}

/** Negative when `one` comes first. */
export function comparePlaces(one: Place, other: Place): number {
  if (one.at !== other.at) return other.at - one.at;
  if (one.conversationId !== other.conversationId) return one.conversationId < other.conversationId ? 1 : -1;
  return other.seq - one.seq;
}

const form = /^(\d{1,16})\.(\d{1,16})\.(.*)$/;

/** A place as clients carry it from page to page. */
export function writeCursor({ at, seq, conversationId }: Place): string {
  return `${at}.${seq}.${conversationId}`;
}

/** @throws UCError `BAD_REQUEST` when it is not a cursor of ours. */
export function readCursor(cursor: string): Place {
  const [, at, seq, id] = form.exec(cursor) ?? [];
  const conversationId = id === '' ? id : conversationIdSchema.safeParse(id).data;
  if (at === undefined || seq === undefined || conversationId === undefined)
    throw new UCError('BAD_REQUEST', 'This is not a cursor.', { field: 'params.cursor' });
  return { at: Number(at), seq: Number(seq), conversationId };
}
