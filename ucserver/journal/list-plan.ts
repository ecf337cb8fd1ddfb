import type { JournalEntry } from '#shared/protocol/journal.ts';
import { type HeldRow, toEntry } from './journal-plan.ts';
import type { JournalRow } from './journal-row.ts';
import { compareNewest, type ListCursor } from './list-cursor.ts';
import type { EntryTest } from './list-filter.ts';
import { precedenceOf } from './precedence.ts';

/** An entry in its place, with what decides between two of one call. */
export interface Listed {
  readonly place: ListCursor;
  readonly precedence: string;
  readonly entry: JournalEntry;
}

export function fromStored(row: HeldRow & ListCursor): Listed {
  return { place: { startedAt: row.startedAt, callId: row.callId }, precedence: row.precedence, entry: toEntry(row) };
}

export function fromPending({ userId: _, term: __, revision: ___, ...record }: JournalRow, precedence: string): Listed {
  return { place: { startedAt: record.startedAt, callId: record.callId }, precedence, entry: record };
}

/** Rows that wait for SQL, of each call the one that says most, in the place they will have. */
export function pendingList(rows: readonly JournalRow[], isUnread: (row: JournalRow) => boolean): Listed[] {
  const best = new Map<string, Listed>();
  for (const row of rows) {
    const { place, precedence, entry } = fromPending(row, precedenceOf(row));
    const known = best.get(place.callId);
    if (known !== undefined && known.precedence >= precedence) continue;
    best.set(place.callId, { place, precedence, entry: isUnread(row) ? { ...entry, unread: true } : entry });
  }
  return [...best.values()];
}

/**
 * The entries of a page.
 *
 * @param stored what SQL holds from the beginning of the page to `end`
 * @param waiting all that waits for SQL
 * @param after the end of the page before
 * @param end up to where SQL was read; undefined: to the end of the journal
 */
export function mergePage(
  stored: readonly Listed[],
  waiting: readonly Listed[],
  test: EntryTest | undefined,
  after: ListCursor | undefined,
  end: ListCursor | undefined,
): Listed[] {
  const isOnPage = ({ place }: Listed) =>
    (after === undefined || compareNewest(after, place) < 0) && (end === undefined || compareNewest(place, end) <= 0);
  const byCall = new Map(stored.map((listed) => [listed.place.callId, listed]));
  for (const listed of waiting.filter(isOnPage)) {
    const known = byCall.get(listed.place.callId);
    if (known !== undefined && known.precedence >= listed.precedence) continue;
    const { note = known?.entry.note } = listed.entry;
    byCall.set(listed.place.callId, { ...listed, entry: { ...listed.entry, ...(note === undefined ? {} : { note }) } });
  }
  const all = [...byCall.values()].sort((one, other) => compareNewest(one.place, other.place));
  return test === undefined ? all : all.filter(({ entry }) => test(entry));
}
