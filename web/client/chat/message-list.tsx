import { Badge, Button, Divider, makeStyles, Spinner, Text, tokens } from '@fluentui/react-components';
import { ArrowDownRegular } from '@fluentui/react-icons/svg/arrow-down';
import { ChatRegular } from '@fluentui/react-icons/svg/chat';
import { Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { type LiveConversation, UCError } from '#web/api/index.ts';
import { useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { GroupNotice } from '#web/client/groups/group-notice.tsx';
import { groupEntries } from '#web/client/groups/group-notices.ts';
import { typingLine } from '#web/client/groups/name-list.ts';
import { readMarks } from '#web/client/groups/read-marks.ts';
import { Readers } from '#web/client/groups/readers.tsx';
import { useNameOf } from '#web/client/people/person-name.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { Empty } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { type Mark, MessageBubble } from './message-bubble.tsx';
import { messageRows } from './message-rows.ts';

/** Older messages are fetched when the top is this near. */
const nearPx = 300;
/** The newest message counts as seen when the bottom is this near. */
const bottomPx = 48;

const useStyles = makeStyles({
  root: { position: 'relative', flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column' },
  scroller: {
    flexGrow: 1,
    overflowY: 'auto',
    overflowX: 'hidden',
    overflowAnchor: 'none',
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    boxSizing: 'border-box',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  inner: { minHeight: '100%', display: 'flex', flexDirection: 'column', justifyContent: 'flex-end' },
  top: { display: 'flex', justifyContent: 'center', padding: tokens.spacingVerticalS, color: tokens.colorNeutralForeground3 },
  day: { marginBlock: tokens.spacingVerticalM, flexGrow: 0 },
  unread: { marginBlock: tokens.spacingVerticalM, flexGrow: 0 },
  typing: { color: tokens.colorNeutralForeground3, minHeight: '20px', marginTop: tokens.spacingVerticalS },
  jump: { position: 'absolute', bottom: tokens.spacingVerticalM, right: tokens.spacingHorizontalXL, boxShadow: tokens.shadow8 },
  hidden: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
});

/** The messages of a conversation, newest below; older ones come as one scrolls up, and what one reads stays where it is. */
export function MessageList({ live, visible }: { readonly live: LiveConversation; readonly visible: boolean }) {
  const styles = useStyles();
  const words = useWords();
  const { text, format } = words;
  const { self } = useWorkspace();
  const now = useNow();
  const notices = useNotices();
  const nameOf = useNameOf();
  const isDirect = live.log.kind === 'direct';
  const scroller = useRef<HTMLDivElement>(null);
  /** The distance from the bottom that is kept when rows are added. */
  const fromBottom = useRef(0);
  const [atBottom, setAtBottom] = useState(true);
  const [fetching, setFetching] = useState(false);
  /** Where "new" began when this was opened; it moves no more while one reads. */
  const [newAfter, setNewAfter] = useState(() => (live.log.unread > 0 ? live.readUpTo : undefined));
  const { entries, complete, unread } = live.log;
  const { outgoing } = live;
  const first = entries[0]?.seq;
  const last = entries.at(-1)?.seq ?? 0;

  const { messages } = live;
  const told = useMemo(() => (isDirect ? [] : groupEntries(entries)), [isDirect, entries]);
  const rows = messageRows({ messages, notices: told, outgoing, newAfter, self, dayKey: (at) => format.dayKey(at) });
  const marks = isDirect ? undefined : readMarks(messages, live.log.positions, self);

  // Away from the bottom, rows added above or below must not move what is being read.
  const kept = useRef({ first, height: 0 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    if (atBottom) box.scrollTop = box.scrollHeight;
    else if (first !== kept.current.first && kept.current.first !== undefined)
      box.scrollTop = box.scrollHeight - fromBottom.current;
    kept.current = { first, height: box.scrollHeight };
  });

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    // A keyboard that opens, or a window that shrinks, must not hide the newest message.
    const observer = new ResizeObserver(() => {
      if (atBottom) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, [atBottom]);

  useEffect(() => {
    if (visible && atBottom && (unread > 0 || last > live.readUpTo)) live.markRead();
  }, [visible, atBottom, unread, last, live]);

  useEffect(() => {
    // What arrives while nobody looks is new when somebody looks again.
    if (!visible) setNewAfter(live.readUpTo);
  }, [visible, live]);

  const loadEarlier = useCallback(async () => {
    setFetching(true);
    try {
      await live.loadEarlier();
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      notices.failed(text.chat.failed, error);
    } finally {
      setFetching(false);
    }
  }, [live, notices, text]);

  const onScroll = () => {
    const box = scroller.current;
    if (!box) return;
    fromBottom.current = box.scrollHeight - box.scrollTop;
    setAtBottom(box.scrollHeight - box.scrollTop - box.clientHeight < bottomPx);
    if (box.scrollTop < nearPx && !complete && !fetching && entries.length > 0) void loadEarlier();
  };

  const toBottom = () => {
    setAtBottom(true);
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  };

  const discard = (entryId: Parameters<LiveConversation['discard']>[0], written: string) => {
    live.discard(entryId);
    notices.undoable(text.chat.discarded, () => live.send(written));
  };

  const lastOwn = messages.findLast(({ author }) => author === self)?.seq;
  const empty = rows.length === 0 && complete;
  return (
    <div className={styles.root}>
      <div
        ref={scroller}
        className={styles.scroller}
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={text.chat.messages}
      >
        <div className={styles.inner}>
          <div className={styles.top}>
            {fetching ? (
              <Spinner size="tiny" label={text.app.loading} />
            ) : (
              complete && !empty && <Text size={200}>{text.chat.begin}</Text>
            )}
          </div>
          {empty && (
            <Empty
              icon={<ChatRegular />}
              title={text.chat.empty}
              hint={isDirect ? text.chat.emptyHint(nameOf(live.partner)) : text.groups.emptyHint}
            />
          )}
          {rows.map((row) => {
            if (row.kind === 'day') {
              return (
                <Divider key={row.key} className={styles.day}>
                  {format.day(row.at, now)}
                </Divider>
              );
            }
            if (row.kind === 'unread') {
              return (
                <Divider key={row.key} className={styles.unread} appearance="brand">
                  {text.chat.newMessages}
                </Divider>
              );
            }
            if (row.kind === 'notice') return <GroupNotice key={row.key} entry={row.entry} nameOf={nameOf} />;
            if (row.kind === 'outgoing') {
              const { message } = row;
              return (
                <MessageBubble
                  key={row.key}
                  written={message.text}
                  at={message.at}
                  author={text.chat.own}
                  own
                  joined={row.joined}
                  mark={message.state}
                  failure={
                    message.state === 'failed'
                      ? {
                          error: message.error,
                          onRetry: () => live.retry(message.entryId),
                          onDiscard: () => discard(message.entryId, message.text),
                        }
                      : undefined
                  }
                />
              );
            }
            const { message, joined } = row;
            const own = message.author === self;
            const mark: Mark | undefined = !own
              ? undefined
              : message.seq === undefined
                ? 'pending'
                : message.seq === lastOwn
                  ? live.delivery(message.seq)
                  : undefined;
            const readers = marks?.get(message.entryId);
            const bubble = (
              <MessageBubble
                key={row.key}
                written={message.text}
                editedAt={message.editedAt}
                reactions={message.reactions}
                at={message.at}
                author={own ? text.chat.own : nameOf(message.author)}
                own={own}
                joined={joined}
                mark={mark}
              />
            );
            if (readers === undefined) return bubble;
            return (
              <Fragment key={row.key}>
                {bubble}
                <Readers userIds={readers} nameOf={nameOf} />
              </Fragment>
            );
          })}
          <Text size={200} className={styles.typing} aria-live="polite">
            {typingLine(live.typing, words, nameOf)}
          </Text>
        </div>
      </div>
      {!atBottom && (
        <Button
          className={styles.jump}
          shape="circular"
          icon={<ArrowDownRegular />}
          onClick={toBottom}
          aria-label={text.chat.jumpToNewest}
        >
          {unread > 0 && <Badge appearance="filled">{unread}</Badge>}
        </Button>
      )}
    </div>
  );
}
