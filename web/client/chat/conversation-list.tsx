import { CounterBadge, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { AlertOffRegular } from '@fluentui/react-icons/svg/alert-off';
import { ChatMultipleRegular } from '@fluentui/react-icons/svg/chat-multiple';
import type { LiveConversation } from '#web/api/index.ts';
import { useConversationChanges, useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { go, routeTo, useRoute } from '#web/client/app/route.ts';
import { DepartmentMenu } from '#web/client/groups/department-menu.tsx';
import { GroupAvatar, titleOf } from '#web/client/groups/group-avatar.tsx';
import { groupEntries, noticeLines } from '#web/client/groups/group-notices.ts';
import { isMuted } from '#web/client/groups/muting.ts';
import { typingLine } from '#web/client/groups/name-list.ts';
import { NewGroupButton } from '#web/client/groups/new-group-button.tsx';
import { useNameOf } from '#web/client/people/person-name.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { Empty, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { goneWords } from './gone-words.ts';
import { briefly, plainText } from './plain-text.ts';

const rowHeight = 60;

const useStyles = makeStyles({
  root: { height: '100%', display: 'flex', flexDirection: 'column', minHeight: 0 },
  tools: { display: 'flex', padding: tokens.spacingHorizontalXS },
  list: { flexGrow: 1, minHeight: 0 },
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

/** All conversations, those with the newest entries first. */
export function ConversationList() {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <div className={styles.tools}>
        <NewGroupButton />
        <DepartmentMenu />
      </div>
      <div className={styles.list}>
        <List />
      </div>
    </div>
  );
}

function List() {
  const { text } = useWords();
  const { conversations } = useWorkspace();
  const route = useRoute();
  useConversationChanges();
  const { state } = conversations;
  const { list } = conversations;
  if (list.length === 0) {
    if (state === 'loading') return <Loading />;
    if (state === 'failed') return <Loading label={text.chat.listFailed} />;
    return <Empty icon={<ChatMultipleRegular />} title={text.chat.noConversations} hint={text.chat.noConversationsHint} />;
  }
  const open = list.findIndex(({ id, log, partner }) =>
    log.kind === 'direct'
      ? route.view === 'chat' && partner === route.userId
      : 'conversationId' in route && route.conversationId === id,
  );
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
        if (live) go(routeTo(live));
      }}
      onEnd={conversations.more ? () => void conversations.loadMore().catch(() => undefined) : undefined}
    />
  );
}

function ConversationRow({ live }: { readonly live: LiveConversation }) {
  const styles = useStyles();
  const words = useWords();
  const { text, format } = words;
  const { self, drafts } = useWorkspace();
  const now = useNow();
  const nameOf = useNameOf();
  const { unread, kind, mutedUntil } = live.log;
  const isDirect = kind === 'direct';
  const name = isDirect ? nameOf(live.partner) : titleOf(live);
  const last = live.messages.at(-1);
  const notice = isDirect ? undefined : groupEntries([...live.log.entries, ...live.log.pending]).at(-1);
  const waiting = live.outgoing.at(-1);
  const draft = plainText(useStore(drafts.of(live.id)).text);
  const at = waiting?.at ?? Math.max(last?.at ?? 0, notice?.at ?? 0);
  const muted = isMuted(mutedUntil, now);
  const preview = () => {
    if (waiting !== undefined) return briefly(waiting);
    if (notice !== undefined && notice.at >= (last?.at ?? 0)) return noticeLines(notice, { words, self, nameOf }).join('. ');
    if (last === undefined) return '';
    const written = last.text === undefined ? goneWords(last, live.log, text) : briefly(last);
    if (last.author === self) return `${text.chat.own}: ${written}`;
    return isDirect ? written : `${nameOf(last.author)}: ${written}`;
  };
  return (
    <div className={styles.row}>
      {isDirect ? <PersonAvatar userId={live.partner} decorative /> : <GroupAvatar live={live} />}
      <div className={styles.words}>
        <div className={styles.top}>
          <Text className={styles.cut} weight={unread > 0 && !muted ? 'bold' : 'regular'}>
            {name}
          </Text>
          {muted && <AlertOffRegular aria-label={text.groups.muted} className={styles.time} />}
          {at > 0 && (
            <Text size={200} className={styles.time}>
              {format.short(at, now)}
            </Text>
          )}
        </div>
        <div className={styles.top}>
          <Text size={200} className={mergeClasses(styles.cut, styles.quiet, live.typing.length > 0 && styles.typing)}>
            {live.typing.length > 0 ? (
              typingLine(live.typing, words, nameOf)
            ) : draft ? (
              <>
                <span className={styles.draft}>{text.chat.draft}:</span> {draft}
              </>
            ) : (
              preview()
            )}
          </Text>
          {unread > 0 && (
            <CounterBadge
              count={unread}
              size="small"
              appearance="filled"
              color={muted ? 'informative' : 'brand'}
              aria-label={text.chat.unread(unread)}
              role="img"
            />
          )}
        </div>
      </div>
    </div>
  );
}
