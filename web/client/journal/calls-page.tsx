import { Button, MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular } from '@fluentui/react-icons/svg/arrow-left';
import { BookContactsRegular } from '@fluentui/react-icons/svg/book-contacts';
import { CallRegular } from '@fluentui/react-icons/svg/call';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { JournalEntry } from '#shared/protocol/journal.ts';
import { useClientState, useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { go, goBack } from '#web/client/app/route.ts';
import { DialField } from '#web/client/calls/dial-field.tsx';
import { Empty, Failed, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { CallDialog } from './call-dialog.tsx';
import { isEveryCall } from './call-filter.ts';
import { CallFilters } from './call-filters.tsx';
import { CallRow, callRowHeight, DayRow, dayRowHeight } from './call-row.tsx';
import { callRows } from './call-rows.ts';

const useStyles = makeStyles({
  root: {
    height: '100%',
    minHeight: 0,
    boxSizing: 'border-box',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground1,
    // Where the page is low, the list keeps a readable height and the whole page scrolls.
    overflowY: 'auto',
  },
  head: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  title: { margin: 0, fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500, flexGrow: 1 },
  list: { flexGrow: 1, flexShrink: 0, flexBasis: '260px', marginInline: `calc(-1 * ${tokens.spacingHorizontalS})` },
});

/** The user's past calls by day; a call opens with its note and what can be done. Who looks at them has seen what was missed. */
export function CallsPage() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.callList;
  const { client, journal } = useWorkspace();
  const { partial, state } = useStore(journal.list);
  const unread = useStore(journal.unread);
  const { phase } = useClientState(client);
  useEffect(() => journal.show(), [journal]);
  useEffect(() => {
    const look = () => {
      // Not before they are here: what is marked as seen first would not be shown as new.
      if (unread > 0 && state === 'ready' && document.visibilityState === 'visible') void journal.markSeen();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [journal, unread, state]);
  return (
    <section className={styles.root} aria-label={words.title}>
      <div className={styles.head}>
        <Button appearance="subtle" icon={<ArrowLeftRegular />} aria-label={text.app.back} onClick={goBack} />
        <h1 className={styles.title}>{words.title}</h1>
        <Button icon={<BookContactsRegular />} onClick={() => go({ view: 'phone-book' })}>
          {text.phoneBook.open}
        </Button>
      </div>
      <DialField />
      <CallFilters />
      {phase !== 'open' && <Warning>{words.offline}</Warning>}
      {partial && <Warning>{words.partial}</Warning>}
      <div className={styles.list}>
        <Calls />
      </div>
    </section>
  );
}

function Warning({ children }: { readonly children: string }) {
  return (
    <MessageBar intent="warning">
      <MessageBarBody>{children}</MessageBarBody>
    </MessageBar>
  );
}

function Calls() {
  const { text, format } = useWords();
  const words = text.callList;
  const { journal } = useWorkspace();
  const { state, entries, more, error } = useStore(journal.list);
  const filter = useStore(journal.filter);
  const now = useNow();
  const [openId, setOpenId] = useState<JournalEntry['callId']>();
  const rows = useMemo(() => callRows(entries, (at) => format.dayKey(at)), [entries, format]);
  const isNew = useNewOnes(entries);
  const loadMore = useCallback(() => void journal.loadMore(), [journal]);
  const open = entries.find(({ callId }) => callId === openId);

  if (state === 'failed') {
    const isAway = error?.code === 'STORAGE_UNAVAILABLE';
    return <Failed title={words.failed} hint={isAway ? words.away : undefined} onRetry={() => journal.retry()} />;
  }
  if (entries.length === 0 && state !== 'ready') return <Loading />;
  if (entries.length === 0 && !more)
    return isEveryCall(filter) ? (
      <Empty icon={<CallRegular />} title={words.nothing} hint={words.nothingHint} />
    ) : (
      <Empty icon={<CallRegular />} title={words.nothingFound} hint={words.nothingFoundHint} />
    );
  return (
    <>
      <VirtualList
        role="listbox"
        label={words.list}
        count={rows.length}
        row={(index) => {
          const row = rows[index];
          if (row?.kind === 'call') return { key: row.key, height: callRowHeight };
          return { key: row?.key ?? '', height: dayRowHeight, passive: true, 'aria-disabled': true };
        }}
        render={(index) => {
          const row = rows[index];
          if (row?.kind === 'day') return <DayRow label={format.day(row.at, now)} />;
          return row && <CallRow entry={row.entry} isNew={isNew(row.entry)} />;
        }}
        onActivate={(index) => {
          const row = rows[index];
          if (row?.kind === 'call') setOpenId(row.entry.callId);
        }}
        onEnd={more && state === 'ready' ? loadMore : undefined}
      />
      {open && <CallDialog key={open.callId} entry={open} onClose={() => setOpenId(undefined)} />}
    </>
  );
}

/** What was unread when it was first shown here stays marked as new until one leaves, though it counts as seen. */
function useNewOnes(entries: readonly JournalEntry[]): (entry: JournalEntry) => boolean {
  const known = useRef(new Set<string>());
  for (const { callId, unread } of entries) if (unread === true) known.current.add(callId);
  return ({ callId }) => known.current.has(callId);
}
