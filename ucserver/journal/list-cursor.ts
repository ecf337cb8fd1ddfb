import { type CallId, callIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';

/** Where a page of a journal ends; newer calls come first. */
export interface ListCursor {
  readonly startedAt: number;
  readonly callId: CallId;
}

const form = /^(\d{1,16})\.(.+)$/;

export function writeCursor({ startedAt, callId }: ListCursor): string {
  return `${startedAt}.${callId}`;
}

/** @throws UCError `BAD_REQUEST` when it is not a cursor of ours. */
export function readCursor(cursor: string): ListCursor {
  const [, startedAt, callId] = form.exec(cursor) ?? [];
  const parsed = callIdSchema.safeParse(callId);
  if (startedAt === undefined || !parsed.success)
    throw new UCError('BAD_REQUEST', 'This is not a cursor.', { field: 'params.cursor' });
  return { startedAt: Number(startedAt), callId: parsed.data };
}

/** Sorts the newest first. */
export function compareNewest(one: ListCursor, other: ListCursor): number {
  if (one.startedAt !== other.startedAt) return other.startedAt - one.startedAt;
  return one.callId === other.callId ? 0 : one.callId < other.callId ? 1 : -1;
}
