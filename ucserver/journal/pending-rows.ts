import type { UserId } from '#shared/ids.ts';
import { lineOf, type OutboxItem } from '#ucserver/outbox/index.ts';
import { type JournalRow, journalRowSchema } from './journal-row.ts';
import { precedenceOf } from './precedence.ts';

/** Whose items these are in the outbox. */
export const journalKind = 'journal';

/**
 * A row as the outbox carries it: a line for each person, so that what waits of one journal is found together. A row that says more
 * of the same call is another item; SQL decides between them.
 */
export function toItem(row: JournalRow): Omit<OutboxItem, 'place'> {
  const hash = precedenceOf(row).slice(-16);
  return { kind: journalKind, key: row.userId, id: `${row.callId}-${hash}`, body: JSON.stringify(row) };
}

/** @throws Error when it is none of ours; spool and Redis hold only what a server of this mesh signed or wrote itself. */
export function fromItem({ body }: Pick<OutboxItem, 'body'>): JournalRow {
  return journalRowSchema.parse(JSON.parse(body));
}

export function lineOfPerson(userId: UserId) {
  return lineOf({ kind: journalKind, key: userId });
}
