import { useEffect } from 'react';
import type { LiveConversation } from '#web/api/index.ts';
import { type MessageRow, seqOf } from './message-rows.ts';

/** Something counts as read when it was in sight this long. */
const readAfterMs = 250;

/** What nobody has read yet. */
export interface News {
  /** It begins behind this number. */
  readonly after: number;
  /** Messages of others in it. */
  readonly count: number;
}

export interface ReadingInput {
  readonly live: LiveConversation;
  readonly rows: readonly MessageRow[];
  /** Somebody can be looking. */
  readonly visible: boolean;
  /** Index of the last row that is wholly in sight. */
  readonly seenTo: number;
  /** `undefined` until it is known where one begins to read. */
  readonly atNewest: boolean | undefined;
  /** Nobody looks any more; what arrives now is new when somebody looks again. */
  readonly onAway: (news: News) => void;
}

/** Marks as read what somebody has in sight. */
export function useReading({ live, rows, visible, seenTo, atNewest, onAway }: ReadingInput): void {
  const { log, readUpTo } = live;
  const last = log.entries.at(-1)?.seq ?? 0;
  const seen = rows.slice(0, seenTo + 1).findLast((row) => seqOf(row) !== undefined);
  const seenSeq = seen === undefined ? 0 : (seqOf(seen) ?? 0);

  useEffect(() => {
    if (visible && atNewest && (log.unread > 0 || last > readUpTo)) live.markRead();
  }, [visible, atNewest, log.unread, last, readUpTo, live]);

  useEffect(() => {
    if (!visible || atNewest || seenSeq <= readUpTo) return;
    const timer = setTimeout(() => live.markRead(seenSeq), readAfterMs);
    return () => clearTimeout(timer);
  }, [visible, atNewest, seenSeq, readUpTo, live]);

  useEffect(() => {
    if (!visible) onAway({ after: live.readUpTo, count: live.log.unread });
  }, [visible, live, onAway]);
}
