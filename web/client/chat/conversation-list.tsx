import { CounterBadge, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { ChatMultipleRegular } from '@fluentui/react-icons/svg/chat-multiple';
import type { LiveConversation, ShownMessage } from '#web/api/index.ts';
import { useConversationChanges, useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { go, useRoute } from '#web/client/app/route.ts';
import { usePersonName } from '#web/client/people/person-name.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { Empty, Loading } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';

const rowHeight = 60;

const useStyles = makeStyles({
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    width: '100%',
    minWidth: 0,
    paddingInline: tokens.spacingHorizontalS,
  },
  words: { flexGrow: 1, minWidth: 0, display: 'flex', flexDirection: 'column' },
  top: { display: 'flex', alignItems: 'baseline', gap: tokens.spacingHorizontalS },
  cut: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', flexGrow: 1, minWidth: 0 },
  quiet: { color: tokens.colorNeutralForeground3 },
  draft: { color: tokens.colorPaletteRedForeground1 },
  typing: { color: tokens.colorBrandForeground1 },
  time: { flexShrink: 0, color: tokens.colorNeutralForeground3 },
});

/** The conversations of two people, those with the newest entries first. */
export function ConversationList() {
  const { text } = useWords();
  const { conversations } = useWorkspace();
  const route = useRoute();
  useConversationChanges();
  const { state } = conversations;
  const list = conversations.list.filter(({ log }) => log.kind === 'direct');
  if (list.length === 0) {
    if (state === 'loading') return <Loading />;
    if (state === 'failed') return <Loading label={text.chat.listFailed} />;
    return <Empty icon={<ChatMultipleRegular />} title={text.chat.noConversations} hint={text.chat.noConversationsHint} />;
  }
  const open = route.view === 'chat' ? list.findIndex(({ partner }) => partner === route.userId) : -1;
  return (
    <VirtualList
      role="listbox"
      label={text.app.chats}
      count={list.length}
      selected={open < 0 ? undefined : open}
      row={(index) => ({ key: list[index]?.id ?? '', height: rowHeight })}
      render={(index) => {
        const live = list[index];
        return live && <ConversationRow live={live} />;
      }}
      onActivate={(index) => {
        const live = list[index];
        if (live) go({ view: 'chat', userId: live.partner });
      }}
      onEnd={conversations.more ? () => void conversations.loadMore().catch(() => undefined) : undefined}
    />
  );
}

function ConversationRow({ live }: { readonly live: LiveConversation }) {
  const styles = useStyles();
  const { text, format } = useWords();
  const { self, drafts } = useWorkspace();
  const now = useNow();
  const name = usePersonName(live.partner);
  const { unread } = live.log;
  const last = live.messages.at(-1);
  const waiting = live.outgoing.at(-1);
  const draft = drafts.get(live.partner);
  const at = waiting?.at ?? last?.at;
  return (
    <div className={styles.row}>
      <PersonAvatar userId={live.partner} decorative />
      <div className={styles.words}>
        <div className={styles.top}>
          <Text className={styles.cut} weight={unread > 0 ? 'bold' : 'regular'}>
            {name}
          </Text>
          {at !== undefined && (
            <Text size={200} className={styles.time}>
              {format.short(at, now)}
            </Text>
          )}
        </div>
        <div className={styles.top}>
          <Text size={200} className={mergeClasses(styles.cut, styles.quiet, live.typing.length > 0 && styles.typing)}>
            {live.typing.length > 0 ? (
              text.chat.typing(name)
            ) : draft ? (
              <>
                <span className={styles.draft}>{text.chat.draft}:</span> {draft}
              </>
            ) : (
              (waiting?.text ?? (last && preview(last, self, text.chat.own)))
            )}
          </Text>
          {unread > 0 && (
            <CounterBadge count={unread} size="small" appearance="filled" aria-label={text.chat.unread(unread)} role="img" />
          )}
        </div>
      </div>
    </div>
  );
}

function preview({ author, text: written = '…' }: ShownMessage, self: string, own: string): string {
  return author === self ? `${own}: ${written}` : written;
}
