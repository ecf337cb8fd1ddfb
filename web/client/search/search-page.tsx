import { Button, MessageBar, MessageBarActions, MessageBarBody, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular } from '@fluentui/react-icons/svg/arrow-left';
import { SearchRegular } from '@fluentui/react-icons/svg/search';
import { useCallback, useEffect } from 'react';
import type { SearchHit } from '#shared/protocol/chat-search.ts';
import { UCError } from '#web/api/index.ts';
import { useConversationChanges, useWorkspace } from '#web/client/app/hooks.ts';
import { go, goBack, routeTo } from '#web/client/app/route.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { Empty, Failed, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { SearchFilters } from './search-filters.tsx';
import { hitRowHeight, SearchHitRow } from './search-hit-row.tsx';

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
    // Where the page is low, the results keep a readable height and the whole page scrolls.
    overflowY: 'auto',
  },
  head: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  title: { margin: 0, fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500 },
  results: { flexGrow: 1, flexShrink: 0, flexBasis: '260px', marginInline: `calc(-1 * ${tokens.spacingHorizontalS})` },
  count: { color: tokens.colorNeutralForeground3 },
});

/** Finds messages by words, person, conversation, day and files; a hit leads to its place in the conversation. */
export function SearchPage() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.messageSearch;
  const { messageSearch } = useWorkspace();
  const { state, hits, more, partial } = useStore(messageSearch.results);
  useEffect(() => document.getElementById('message-search')?.focus(), []);
  return (
    <section className={styles.root} aria-label={words.title}>
      <div className={styles.head}>
        <Button appearance="subtle" icon={<ArrowLeftRegular />} aria-label={text.app.back} onClick={goBack} />
        <h1 className={styles.title}>{words.title}</h1>
      </div>
      <SearchFilters />
      <Text size={200} className={styles.count} role="status">
        {state === 'ready' && hits.length > 0 ? words.found(hits.length, more) : ''}
      </Text>
      {state === 'ready' && partial && (
        <MessageBar intent="warning">
          <MessageBarBody>{words.partial}</MessageBarBody>
          {more && (
            <MessageBarActions>
              <Button size="small" onClick={() => void messageSearch.loadMore()}>
                {words.goOn}
              </Button>
            </MessageBarActions>
          )}
        </MessageBar>
      )}
      <div className={styles.results}>
        <Results />
      </div>
    </section>
  );
}

function Results() {
  const { text } = useWords();
  const words = text.messageSearch;
  const { messageSearch, conversations } = useWorkspace();
  const notices = useNotices();
  const { state, hits, more, partial, error } = useStore(messageSearch.results);
  useConversationChanges();
  const loadMore = useCallback(() => void messageSearch.loadMore(), [messageSearch]);

  // Names of conversations that are not in the list come with them.
  useEffect(() => {
    const missing = new Set(hits.map(({ conversationId }) => conversationId));
    for (const id of missing) if (!conversations.get(id)) conversations.find(id).catch(() => undefined);
  }, [conversations, hits]);

  const show = async ({ conversationId, seq }: SearchHit) => {
    try {
      const live = await conversations.find(conversationId);
      if (seq !== undefined) await live.openAt(seq);
      go(routeTo(live));
    } catch (thrown) {
      if (!(thrown instanceof UCError)) throw thrown;
      notices.failed(words.openFailed, thrown);
    }
  };

  if (state === 'failed') {
    const isAway = error?.code === 'STORAGE_UNAVAILABLE';
    return <Failed title={words.failed} hint={isAway ? words.away : undefined} onRetry={() => messageSearch.retry()} />;
  }
  if (state === 'idle') return <Empty icon={<SearchRegular />} title={words.start} hint={words.startHint} />;
  if (hits.length === 0 && state === 'loading') return <Loading />;
  if (hits.length === 0 && !partial) return <Empty icon={<SearchRegular />} title={words.nothing} hint={words.nothingHint} />;
  if (hits.length === 0) return null;
  return (
    <VirtualList
      role="listbox"
      label={words.hits}
      count={hits.length}
      row={(index) => ({ key: hits[index]?.entryId ?? '', height: hitRowHeight })}
      render={(index) => {
        const hit = hits[index];
        return hit && <SearchHitRow hit={hit} />;
      }}
      onActivate={(index) => {
        const hit = hits[index];
        if (hit) void show(hit);
      }}
      onEnd={more && !partial ? loadMore : undefined}
    />
  );
}
