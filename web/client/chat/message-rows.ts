import type { Outgoing, ShownMessage } from '#web/api/index.ts';

export type MessageRow =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  /** `joined`: follows another of the same author within a few minutes, so it needs no name of its own. */
  | { readonly kind: 'message'; readonly key: string; readonly message: ShownMessage; readonly joined: boolean }
  | { readonly kind: 'outgoing'; readonly key: string; readonly message: Outgoing; readonly joined: boolean };

const joinWithinMs = 5 * 60_000;

export interface MessageRowsInput {
  readonly messages: readonly ShownMessage[];
  readonly outgoing: readonly Outgoing[];
  /** The mark of what is new stands behind this number; missing: no mark. */
  readonly newAfter: number | undefined;
  readonly self: string;
  readonly dayKey: (at: number) => string;
}

/** A conversation as rows: days, the mark of what is new, messages, and below them what is on its way. */
export function messageRows({ messages, outgoing, newAfter, self, dayKey }: MessageRowsInput): MessageRow[] {
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
  for (const message of messages) {
    begin(message.at);
    if (!marked && newAfter !== undefined && (message.seq ?? Number.POSITIVE_INFINITY) > newAfter && message.author !== self) {
      marked = true;
      before = undefined;
      rows.push({ kind: 'unread', key: 'unread' });
    }
    rows.push({ kind: 'message', key: message.entryId, message, joined: joined(message.author, message.at) });
    before = message;
  }
  for (const message of outgoing) {
    begin(message.at);
    rows.push({ kind: 'outgoing', key: message.entryId, message, joined: joined(self, message.at) });
    before = { author: self, at: message.at };
  }
  return rows;
}
