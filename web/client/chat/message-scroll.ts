import { defaultRangeExtractor, type Range, useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type LiveConversation, UCError } from '#web/api/index.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { indexOfSeq, type MessageRow } from './message-rows.ts';

/** Further messages are fetched when the end of those held is this near. */
const nearPx = 600;
/** The newest message counts as seen when the bottom is this near. */
const bottomPx = 48;
/** A row before it was measured: one that follows another of its author, and one with a name above it. */
const joinedPx = 37;
const namedPx = 64;
/** Room for the words above the first row, and for who is writing below the last one. */
const topPx = 36;
const typingPx = 26;

export interface MessageScrollInput {
  readonly live: LiveConversation;
  readonly rows: readonly MessageRow[];
  readonly scroller: RefObject<HTMLDivElement | null>;
}

export interface MessageScroll {
  readonly items: readonly VirtualItem[];
  readonly height: number;
  readonly measure: (element: HTMLElement | null) => void;
  readonly onScroll: () => void;
  readonly fetching: boolean;
  /** The newest message is in sight; `undefined` until it is known where one begins to read. */
  readonly atNewest: boolean | undefined;
  /** Index of the last row that is wholly in sight. */
  readonly lastVisible: number;
  /** The row somebody wanted to see. */
  readonly wantedKey: string | undefined;
  readonly toNewest: () => void;
  /** Moves the focus from a row to the next message in a direction. */
  readonly focusFrom: (index: number, step: 1 | -1) => void;
}

/**
 * Holds only the rows in sight, keeps what is read where it is while others are added above and below, follows the newest while
 * it is in sight, and goes where somebody wants to look.
 */
export function useMessageScroll({ live, rows, scroller }: MessageScrollInput): MessageScroll {
  const { text } = useWords();
  const notices = useNotices();
  const { shown, wanted, outgoing } = live;
  const [atNewest, setAtNewest] = useState<boolean>();
  const [fetching, setFetching] = useState(false);
  const [focused, setFocused] = useState<number>();
  const [wantedKey, setWantedKey] = useState<string>();
  /** Until the first place was found, nothing is fetched because of where the page happens to stand. */
  const placed = useRef(false);
  const goEnd = useRef(false);
  /** What could not be fetched is fetched again when somebody scrolls. */
  const failed = useRef(false);

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (isJoined(rows[index]) ? joinedPx : namedPx),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 6,
    anchorTo: 'end',
    followOnAppend: shown.isNewest,
    scrollEndThreshold: bottomPx,
    paddingStart: topPx,
    paddingEnd: typingPx,
    // The row with the focus stays in the page.
    rangeExtractor: (range: Range) => {
      const indexes = defaultRangeExtractor(range);
      if (focused === undefined || focused >= rows.length || indexes.includes(focused)) return indexes;
      return [...indexes, focused].sort((a, b) => a - b);
    },
  });

  const fetchMore = useCallback(
    async (load: () => Promise<void>) => {
      setFetching(true);
      try {
        await load();
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        failed.current = true;
        notices.failed(text.chat.failed, error);
      } finally {
        setFetching(false);
      }
    },
    [notices, text],
  );

  const look = () => {
    const box = scroller.current;
    if (box === null) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (placed.current) setAtNewest(shown.isNewest && below < bottomPx);
    if (!placed.current || fetching || failed.current || rows.length === 0) return;
    if (box.scrollTop < nearPx && !shown.isFirst) void fetchMore(() => live.loadEarlier());
    else if (below < nearPx && !shown.isNewest) void fetchMore(() => live.loadLater());
  };

  // Where one begins to read: where somebody wants to look, where what is new begins, or at the newest.
  useLayoutEffect(() => {
    if (placed.current || rows.length === 0) return;
    placed.current = true;
    if (wanted !== undefined) return;
    const firstNew = rows.findIndex(({ isFirstNew }) => isFirstNew);
    if (firstNew >= 0) virtualizer.scrollToIndex(firstNew, { align: 'start' });
    else virtualizer.scrollToEnd();
  });

  // Whoever comes back reads on at the newest.
  useEffect(() => () => live.openNewest(), [live]);

  const shownWanted = useRef<typeof wanted>(undefined);
  useLayoutEffect(() => {
    if (wanted === undefined || wanted === shownWanted.current) return;
    const index = indexOfSeq(rows, wanted.seq);
    if (index < 0) return;
    shownWanted.current = wanted;
    setWantedKey(rows[index]?.key);
    virtualizer.scrollToIndex(index, { align: 'center' });
  });

  const toNewest = useCallback(() => {
    goEnd.current = true;
    live.openNewest();
  }, [live]);

  // What one has written oneself is to be seen.
  const lastWritten = outgoing.at(-1)?.entryId;
  const writtenBefore = useRef(lastWritten);
  useLayoutEffect(() => {
    if (lastWritten !== undefined && lastWritten !== writtenBefore.current) toNewest();
    writtenBefore.current = lastWritten;
  }, [lastWritten, toNewest]);

  useLayoutEffect(() => {
    if (!goEnd.current || !shown.isNewest || rows.length === 0) return;
    goEnd.current = false;
    virtualizer.scrollToEnd();
  });

  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    // A keyboard that opens, or a window that shrinks, must not hide the newest message.
    const observer = new ResizeObserver(() => {
      if (atNewest) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, [atNewest, scroller]);

  // Pages that do not fill the window are followed by the next one.
  useEffect(look);

  const items = virtualizer.getVirtualItems();
  const top = virtualizer.scrollOffset ?? 0;
  const bottom = top + (virtualizer.scrollRect?.height ?? 0);
  const visible = items.filter(({ start, end }) => end > top && start < bottom);

  const focusFrom = (index: number, step: 1 | -1) => {
    let next = index + step;
    while (rows[next] !== undefined && rows[next]?.kind !== 'message') next += step;
    if (rows[next] === undefined) return;
    setFocused(next);
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] [data-item]`)?.focus({ preventScroll: true }),
    );
  };

  return {
    items,
    height: virtualizer.getTotalSize(),
    measure: virtualizer.measureElement,
    onScroll: () => {
      failed.current = false;
      look();
    },
    fetching,
    atNewest,
    lastVisible: visible.findLast(({ end }) => end <= bottom + 1)?.index ?? -1,
    wantedKey,
    toNewest,
    focusFrom,
  };
}

function isJoined(row: MessageRow | undefined): boolean {
  return row !== undefined && row.kind !== 'notice' && row.joined;
}
