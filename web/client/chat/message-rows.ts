import type { Entry, Outgoing, PendingEntry, ShownMessage } from '#web/api/index.ts';
import { groupEntries } from '#web/client/groups/group-notices.ts';

interface RowPlace {
  /** The entry's id, so that a row stays the same when it gets its number and when others come before it. */
  readonly key: string;
  /** A new day begins here (ms since 1970). */
  readonly day?: number | undefined;
  /** What is new begins here. */
  readonly isFirstNew?: boolean;
}

export type MessageRow = RowPlace &
  (
    | {
        readonly kind: 'message';
        readonly message: ShownMessage;
        /** Follows another of the same author within a few minutes, so it needs no name of its own. */
        readonly joined: boolean;
      }
    /** What happened to the group. */
    | { readonly kind: 'notice'; readonly entry: Entry | PendingEntry }
    | { readonly kind: 'outgoing'; readonly message: Outgoing; readonly joined: boolean }
  );

const joinWithinMs = 5 * 60_000;

export interface MessageRowsInput {
  readonly messages: readonly ShownMessage[];
  /** Entries that are told between the messages, in order. */
  readonly notices?: readonly Entry[];
  /** Everything that has no number, in order: among it are the last of the messages. */
  readonly pending?: readonly PendingEntry[];
  readonly outgoing: readonly Outgoing[];
  /** The mark of what is new stands behind this number; missing: no mark. */
  readonly newAfter: number | undefined;
  readonly self: string;
  readonly dayKey: (at: number) => string;
}

/** A conversation as rows, with days and the mark of what is new; what is on its way stands below all others. */
export function messageRows(input: MessageRowsInput): MessageRow[] {
  const { messages, notices = [], pending = [], outgoing, newAfter, self, dayKey } = input;
  const rows: MessageRow[] = [];
  let day = '';
  let before: { readonly author: string; readonly at: number } | undefined;
  let marked = newAfter === undefined;
  const begin = (at: number) => {
    const key = dayKey(at);
    if (key === day) return undefined;
    day = key;
    before = undefined;
    return at;
  };
  const joined = (author: string, at: number) => before?.author === author && at - before.at < joinWithinMs;
  const tell = (entry: Entry | PendingEntry) => {
    rows.push({ kind: 'notice', key: entry.entryId, entry, day: begin(entry.at) });
    before = undefined;
  };
  let told = 0;
  const tellUpTo = (seq: number) => {
    for (; ; told++) {
      const entry = notices[told];
      if (entry === undefined || entry.seq > seq) return;
      tell(entry);
    }
  };
  let toldPending = 0;
  /** What is pending before this entry; everything without one. */
  const tellPending = (entryId?: string) => {
    const end = entryId === undefined ? pending.length : pending.findIndex((entry) => entry.entryId === entryId);
    for (const entry of groupEntries(pending.slice(toldPending, Math.max(toldPending, end)))) tell(entry);
    toldPending = Math.max(toldPending, end);
  };
  for (const message of messages) {
    const { seq = Number.POSITIVE_INFINITY, author, at } = message;
    tellUpTo(seq);
    if (message.seq === undefined) tellPending(message.entryId);
    const newDay = begin(at);
    const isFirstNew = !marked && seq > (newAfter ?? 0) && author !== self;
    if (isFirstNew) {
      marked = true;
      before = undefined;
    }
    rows.push({ kind: 'message', key: message.entryId, message, joined: joined(author, at), day: newDay, isFirstNew });
    before = message;
  }
  tellUpTo(Number.POSITIVE_INFINITY);
  tellPending();
  for (const message of outgoing) {
    const newDay = begin(message.at);
    rows.push({ kind: 'outgoing', key: message.entryId, message, joined: joined(self, message.at), day: newDay });
    before = { author: self, at: message.at };
  }
  return rows;
}

/** The number of the entry a row shows; `undefined` when it has none yet. */
export function seqOf(row: MessageRow): number | undefined {
  if (row.kind === 'notice') return 'seq' in row.entry ? row.entry.seq : undefined;
  return row.kind === 'message' ? row.message.seq : undefined;
}

/** The row of a number, or that of the first one behind it: not every entry is shown. */
export function indexOfSeq(rows: readonly MessageRow[], wanted: number): number {
  return rows.findIndex((row) => (seqOf(row) ?? Number.POSITIVE_INFINITY) >= wanted);
}
