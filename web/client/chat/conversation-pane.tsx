import { type ReactNode, useEffect, useState } from 'react';
import { type ClientState, type LiveConversation, UCError } from '#web/api/index.ts';
import { useConversationChanges, useReach, useWorkspace } from '#web/client/app/hooks.ts';
import { Failed, Loading } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { MessageList } from './message-list.tsx';

/** Entries that fill a page. */
const enoughEntries = 25;

export interface ConversationPaneProps {
  /** The conversation, if it is here already. */
  readonly known: LiveConversation | undefined;
  /** Gets it; the same function as long as it is the same conversation. @throws UCError */
  readonly open: () => Promise<LiveConversation>;
  /** What stands below the messages: where one writes, or why one cannot; without a conversation there may be a reason too. */
  readonly footer: (live: LiveConversation | undefined) => ReactNode;
}

/** The messages of a conversation as soon as they are here, or why they are not. */
export function ConversationPane({ known, open, footer }: ConversationPaneProps) {
  const { text } = useWords();
  const { client } = useWorkspace();
  const { database } = useReach(client);
  const [live, setLive] = useState(known);
  const [failure, setFailure] = useState<UCError>();
  const [ready, setReady] = useState(() => known !== undefined && isEnough(known, client.state.phase));
  const [tries, setTries] = useState(0);
  const visible = usePageVisible();
  useConversationChanges(live);

  // After a restore of the database, or an erasure, what was held counts for nothing.
  const isVoid = live !== undefined && live.log.entries.length === 0 && live.log.head > 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another try, a database that is back, and what is void ask again.
  useEffect(() => {
    let over = false;
    const begin = async () => {
      try {
        const opened = await open();
        if (over) return;
        setLive(opened);
        await opened.showNewest();
        if (over) return;
        setFailure(undefined);
        setReady(true);
      } catch (error) {
        if (!(error instanceof UCError)) throw error;
        if (over) return;
        setFailure(error);
        // What is held is better than nothing.
        if ((known?.log.entries.length ?? 0) > 0) setReady(true);
      }
    };
    void begin();
    return () => {
      over = true;
    };
  }, [open, tries, database, isVoid]);

  const hints: Readonly<Partial<Record<UCError['code'], string>>> = {
    STORAGE_UNAVAILABLE: text.chat.storageAway,
    FORBIDDEN: text.chat.noRight,
    NOT_FOUND: text.chat.notFound,
  };
  return (
    <>
      {live && ready ? (
        <MessageList live={live} visible={visible} />
      ) : failure ? (
        <Failed
          title={text.chat.failed}
          hint={hints[failure.code]}
          onRetry={failure.retryable ? () => setTries((count) => count + 1) : undefined}
        />
      ) : (
        <Loading />
      )}
      {footer(live)}
    </>
  );
}

/** Whether there is enough to begin with: where one begins to read is decided once. */
function isEnough({ log, readUpTo }: LiveConversation, phase: ClientState['phase']): boolean {
  const { entries, complete, unread } = log;
  if (complete || (entries.length > 0 && phase !== 'open')) return true;
  return entries.length >= enoughEntries && (unread === 0 || (entries[0]?.seq ?? 0) <= readUpTo + 1);
}

/** Whether a person can be looking: the page is shown and has the focus. */
function isLooking(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

function usePageVisible(): boolean {
  const [visible, setVisible] = useState(isLooking);
  useEffect(() => {
    const renew = () => setVisible(isLooking());
    addEventListener('focus', renew);
    addEventListener('blur', renew);
    document.addEventListener('visibilitychange', renew);
    return () => {
      removeEventListener('focus', renew);
      removeEventListener('blur', renew);
      document.removeEventListener('visibilitychange', renew);
    };
  }, []);
  return visible;
}
