import type { CallId, UserId } from '#shared/ids.ts';
import { isMissed, type JournalEntry } from '#shared/protocol/journal.ts';
import type { JournalRow } from './journal-row.ts';
import { precedenceOf } from './precedence.ts';

/** A row on its way into SQL. */
export interface NewRow {
  readonly userId: UserId;
  readonly callId: CallId;
  readonly startedAt: number;
  readonly precedence: string;
  readonly document: string;
  readonly missed: boolean;
}

/** What SQL holds for a call and person. */
export interface HeldRow {
  readonly userId: UserId;
  readonly callId: CallId;
  readonly precedence: string;
  readonly document: string;
  readonly note: string | null;
  readonly unread: number;
}

/** A row that is in force now, with what its person has added. */
export interface KeptRow extends NewRow {
  readonly note: string | null;
  readonly unread: number;
}

export interface RecordPlan {
  readonly insert: readonly KeptRow[];
  readonly replace: readonly KeptRow[];
}

/** Names a row. */
export function keyOf({ userId, callId }: { readonly userId: string; readonly callId: string }): string {
  return `${userId}/${callId}`;
}

export function toNewRow(row: JournalRow): NewRow {
  const { userId, callId, startedAt } = row;
  const document = JSON.stringify(toRecord(row));
  return { userId, callId, startedAt, precedence: precedenceOf(row), document, missed: isMissed(row) };
}

/** The entry as its person sees it. */
export function toEntry(row: Pick<HeldRow, 'document' | 'note' | 'unread'>): JournalEntry {
  const record = JSON.parse(row.document) as JournalEntry;
  return { ...record, ...(row.note === null ? {} : { note: row.note }), ...(row.unread === 1 ? { unread: true as const } : {}) };
}

/** Decides which of these rows SQL must take, given what it holds for the same calls. */
export function planRecord(rows: readonly NewRow[], held: readonly HeldRow[]): RecordPlan {
  const inForce = new Map(held.map((row) => [keyOf(row), row]));
  const best = new Map<string, NewRow>();
  for (const row of rows) {
    const key = keyOf(row);
    if (row.precedence > (best.get(key)?.precedence ?? '')) best.set(key, row);
  }
  const insert: KeptRow[] = [];
  const replace: KeptRow[] = [];
  for (const [key, row] of best) {
    const before = inForce.get(key);
    if (before === undefined) insert.push({ ...row, note: null, unread: row.missed ? 1 : 0 });
    else if (row.precedence > before.precedence) replace.push({ ...row, note: before.note, unread: unreadAfter(before, row) });
  }
  return { insert, replace };
}

/** Whoever has seen that they missed a call need not see it again. */
function unreadAfter(before: HeldRow, after: NewRow): number {
  if (!after.missed) return 0;
  const wasMissed = isMissed(JSON.parse(before.document) as JournalEntry);
  return wasMissed ? before.unread : 1;
}

function toRecord({ userId: _, term: __, revision: ___, ...record }: JournalRow) {
  return record;
}
