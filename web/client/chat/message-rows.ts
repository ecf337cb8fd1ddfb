import type { Entry, Outgoing, ShownMessage } from '#web/api/index.ts';

export type MessageRow =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  /** `joined`: follows another of the same author within a few minutes, so it needs no name of its own. */
  | { readonly kind: 'message'; readonly key: string; readonly message: ShownMessage; readonly joined: boolean }
  /** What happened to the group. */
  | { readonly kind: 'notice'; readonly key: string; readonly entry: Entry }
  | { readonly kind: 'outgoing'; readonly key: string; readonly message: Outgoing; readonly joined: boolean };

const joinWithinMs = 5 * 60_000;

export interface MessageRowsInput {
  readonly messages: readonly ShownMessage[];
  /** Entries that are told between the messages, in order. */
  readonly notices?: readonly Entry[];
  readonly outgoing: readonly Outgoing[];
  /** The mark of what is new stands behind this number; missing: no mark. */
  readonly newAfter: number | undefined;
  readonly self: string;
  readonly dayKey: (at: number) => string;
}

/** A conversation as rows: days, the mark of what is new, messages, and below them what is on its way. */
export function messageRows({ messages, notices = [], outgoing, newAfter, self, dayKey }: MessageRowsInput): MessageRow[] {
  const rows: MessageRow[] = [];
  let day = '';
  let before: { author: string; at: number } | undefined;
  let marked = false;
  const begin = (at: number) => {
    const key = dayKey(at);
    if (key === day) return;
    day = key;
    before = undefined;
    rows.push({ kind: 'day', key: `day-${key}`, at });
  };
  const joined = (author: string, at: number) => before?.author === author && at - before.at < joinWithinMs;
  let told = 0;
  const tellUpTo = (seq: number) => {
    for (; ; told++) {
      const entry = notices[told];
      if (entry === undefined || entry.seq > seq) return;
      begin(entry.at);
      before = undefined;
      rows.push({ kind: 'notice', key: entry.entryId, entry });
    }
  };
  for (const message of messages) {
    tellUpTo(message.seq ?? Number.POSITIVE_INFINITY);
    begin(message.at);
    if (!marked && newAfter !== undefined && (message.seq ?? Number.POSITIVE_INFINITY) > newAfter && message.author !== self) {
      marked = true;
      before = undefined;
      rows.push({ kind: 'unread', key: 'unread' });
    }
    rows.push({ kind: 'message', key: message.entryId, message, joined: joined(message.author, message.at) });
    before = message;
  }
  tellUpTo(Number.POSITIVE_INFINITY);
  for (const message of outgoing) {
    begin(message.at);
    rows.push({ kind: 'outgoing', key: message.entryId, message, joined: joined(self, message.at) });
    before = { author: self, at: message.at };
  }
  return rows;
}
