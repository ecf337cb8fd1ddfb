import { makeStyles, mergeClasses, Spinner, Text, tokens } from '@fluentui/react-components';
import { ChatRegular } from '@fluentui/react-icons/svg/chat';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { LiveConversation } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { groupEntries } from '#web/client/groups/group-notices.ts';
import { typingLine } from '#web/client/groups/name-list.ts';
import { readMarks } from '#web/client/groups/read-marks.ts';
import { useNameOf } from '#web/client/people/person-name.ts';
import { Empty } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { JumpButtons } from './jump-buttons.tsx';
import { useMessageActs } from './message-acts.tsx';
import { MessageRow } from './message-row.tsx';
import { messageRows } from './message-rows.ts';
import { useMessageScroll } from './message-scroll.ts';
import { type News, useReading } from './reading.ts';

const useStyles = makeStyles({
  root: { position: 'relative', flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column' },
  scroller: {
    flexGrow: 1,
    overflowY: 'auto',
    overflowX: 'hidden',
    overflowAnchor: 'none',
    display: 'flex',
    flexDirection: 'column',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  // What does not fill the page stands at its bottom.
  inner: { position: 'relative', flexShrink: 0, marginTop: 'auto', width: '100%' },
  top: {
    position: 'absolute',
    top: 0,
    width: '100%',
    display: 'flex',
    justifyContent: 'center',
    paddingTop: tokens.spacingVerticalS,
    color: tokens.colorNeutralForeground3,
  },
  row: { position: 'absolute', top: 0, left: 0, right: 0, boxSizing: 'border-box', paddingInline: tokens.spacingHorizontalL },
  wanted: {
    animationName: { from: { backgroundColor: tokens.colorBrandBackground2 }, to: { backgroundColor: 'transparent' } },
    animationDuration: '2.5s',
  },
  typing: {
    position: 'absolute',
    bottom: 0,
    left: 0,
    right: 0,
    paddingInline: tokens.spacingHorizontalL,
    color: tokens.colorNeutralForeground3,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  empty: { position: 'absolute', inset: 0 },
});

/** The messages of a conversation, newest below; others come as one scrolls, and what one reads stays where it is. */
export function MessageList({ live, visible }: { readonly live: LiveConversation; readonly visible: boolean }) {
  const styles = useStyles();
  const words = useWords();
  const { text, format } = words;
  const { self } = useWorkspace();
  const nameOf = useNameOf();
  const isDirect = live.log.kind === 'direct';
  const scroller = useRef<HTMLDivElement>(null);
  const { shown, outgoing, log } = live;
  /** Where “new” began when this was opened, or left, and how much of it there was then. */
  const [news, setNews] = useState<News | undefined>(() =>
    log.unread > 0 ? { after: live.readUpTo, count: log.unread } : undefined,
  );
  const firstSeq = shown.entries[0]?.seq ?? 1;
  // Before the place is reached where it begins, nobody can tell which message is the first new one.
  const newAfter = news !== undefined && (shown.isFirst || firstSeq <= news.after + 1) ? news.after : undefined;
  const notices = useMemo(() => (isDirect ? [] : groupEntries(shown.entries)), [isDirect, shown.entries]);
  const rows = useMemo(
    () =>
      messageRows({
        messages: shown.messages,
        notices,
        pending: shown.isNewest ? log.pending : [],
        outgoing: shown.isNewest ? outgoing : [],
        newAfter,
        self,
        dayKey: (at) => format.dayKey(at),
      }),
    [shown.messages, shown.isNewest, notices, log.pending, outgoing, newAfter, self, format],
  );
  const marks = useMemo(
    () => (isDirect ? undefined : readMarks(shown.messages, log.positions, self)),
    [isDirect, shown.messages, log.positions, self],
  );
  const scroll = useMessageScroll({ live, rows, scroller });
  useReading({ live, rows, visible, seenTo: scroll.lastVisible, atNewest: scroll.atNewest, onAway: setNews });
  const acting = useMessageActs(live, nameOf);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const focused = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-index]') : null;
    const isOnItem = event.target === event.currentTarget || (event.target as HTMLElement).hasAttribute('data-item');
    if (!isOnItem || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const at = focused === null ? rows.length : Number(focused.dataset.index);
    scroll.focusFrom(at, event.key === 'ArrowUp' ? -1 : 1);
  };
  const isEmpty = rows.length === 0 && shown.isFirst;
  return (
    <div className={styles.root}>
      <div
        ref={scroller}
        className={styles.scroller}
        onScroll={scroll.onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={text.chat.messages}
        onKeyDown={onKeyDown}
      >
        {isEmpty && (
          <div className={styles.empty}>
            <Empty
              icon={<ChatRegular />}
              title={text.chat.empty}
              hint={isDirect ? text.chat.emptyHint(nameOf(live.partner)) : text.groups.emptyHint}
            />
          </div>
        )}
        <div className={styles.inner} style={{ height: scroll.height }}>
          <div className={styles.top}>
            {scroll.fetching ? (
              <Spinner size="tiny" label={text.app.loading} />
            ) : (
              shown.isFirst && !isEmpty && <Text size={200}>{text.chat.begin}</Text>
            )}
          </div>
          {scroll.items.map(({ index, key, start }) => {
            const row = rows[index];
            return (
              row && (
                <div
                  key={key}
                  ref={scroll.measure}
                  data-index={index}
                  className={mergeClasses(styles.row, row.key === scroll.wantedKey && styles.wanted)}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <MessageRow
                    live={live}
                    row={row}
                    acting={acting}
                    nameOf={nameOf}
                    readers={marks?.get(row.key as Parameters<typeof marks.get>[0])}
                  />
                </div>
              )
            );
          })}
          <Text size={200} className={styles.typing} aria-live="polite">
            {typingLine(live.typing, words, nameOf)}
          </Text>
        </div>
      </div>
      <JumpButtons live={live} scroll={scroll} unreached={newAfter === undefined ? news : undefined} />
      {acting.dialog}
    </div>
  );
}
