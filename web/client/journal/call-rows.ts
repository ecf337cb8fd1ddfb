import { isMissed, type JournalEntry } from '#shared/protocol/journal.ts';
import type { Words } from '#web/ui/text.ts';

/** A row of the list: the heading of a day, or a call. */
export type CallRowShape =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'call'; readonly key: string; readonly entry: JournalEntry };

/** Calls, which come newest first, with a heading above those of each day. */
export function callRows(entries: readonly JournalEntry[], dayKey: (at: number) => string): CallRowShape[] {
  const rows: CallRowShape[] = [];
  let day = '';
  for (const entry of entries) {
    const key = dayKey(entry.startedAt);
    if (key !== day) rows.push({ kind: 'day', key: `day-${key}`, at: entry.startedAt });
    day = key;
    rows.push({ kind: 'call', key: entry.callId, entry });
  }
  return rows;
}

/** How long people talked, `1:02:03` or `2:03`; undefined when they did not. */
export function talkTime({ connectedAt, endedAt }: JournalEntry): string | undefined {
  if (connectedAt === undefined) return undefined;
  const seconds = Math.max(0, Math.round((endedAt - connectedAt) / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** What became of a call, in words: the result, and who else had to do with it. */
export function resultWords(entry: JournalEntry, { text: { callList } }: Pick<Words, 'text'>): string {
  const { acceptedBy, transferredFrom, transferredTo } = entry;
  const nameOf = ({ name, number }: NonNullable<typeof acceptedBy>) => name ?? number ?? callList.withheld;
  const result = isMissed(entry) ? callList.results.missed : callList.results[entry.result];
  const parts = [
    result,
    acceptedBy && callList.acceptedBy(nameOf(acceptedBy)),
    transferredFrom && callList.transferredFrom(nameOf(transferredFrom)),
    transferredTo && callList.transferredTo(nameOf(transferredTo)),
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}
