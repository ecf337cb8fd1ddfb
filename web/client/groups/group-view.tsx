import { Button, MessageBar, MessageBarBody, makeStyles, mergeClasses, Text, Tooltip, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular } from '@fluentui/react-icons/svg/arrow-left';
import { PeopleTeamRegular } from '@fluentui/react-icons/svg/people-team';
import { useCallback } from 'react';
import type { ConversationId, LiveConversation } from '#web/api/index.ts';
import { useConversationChanges, useMedia, useWorkspace } from '#web/client/app/hooks.ts';
import { go, goBack } from '#web/client/app/route.ts';
import { useShell } from '#web/client/app/shell.ts';
import { narrow, wide } from '#web/client/app/widths.ts';
import { Composer } from '#web/client/chat/composer.tsx';
import { ConversationPane } from '#web/client/chat/conversation-pane.tsx';
import { SearchButton } from '#web/client/search/search-button.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { GroupAvatar, titleOf } from './group-avatar.tsx';
import { MuteMenu } from './mute-menu.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0, minWidth: 0 },
  head: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    minHeight: '48px',
  },
  headNarrow: { paddingInline: tokens.spacingHorizontalS, gap: tokens.spacingHorizontalS },
  words: { display: 'flex', flexDirection: 'column', minWidth: 0, flexGrow: 1 },
  name: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: tokens.fontWeightSemibold,
  },
  line: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  second: { color: tokens.colorNeutralForeground3 },
  body: { flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column', backgroundColor: tokens.colorNeutralBackground2 },
});

/** The chat of a group or channel. */
export function GroupView({ conversationId }: { readonly conversationId: ConversationId }) {
  const styles = useStyles();
  const { text } = useWords();
  const { conversations } = useWorkspace();
  useConversationChanges();
  const live = conversations.get(conversationId);
  const open = useCallback(() => conversations.find(conversationId), [conversations, conversationId]);
  const name = live === undefined ? '' : titleOf(live);
  const label = live?.log.kind === 'channel' ? text.groups.channelView(name) : text.groups.view(name);
  return (
    <section className={styles.root} aria-label={label}>
      <Head live={live} conversationId={conversationId} />
      <div className={styles.body}>
        <ConversationPane known={live} open={open} footer={(opened) => opened && <Footer live={opened} />} />
      </div>
    </section>
  );
}

function Head({
  live,
  conversationId,
}: {
  readonly live: LiveConversation | undefined;
  readonly conversationId: ConversationId;
}) {
  const styles = useStyles();
  const { text } = useWords();
  const { preferences } = useShell();
  const { card } = useStore(preferences);
  const isNarrow = useMedia(narrow);
  const isWide = useMedia(wide);
  const shown = isWide && card;
  const showMembers = () => {
    if (isWide) preferences.set({ ...preferences.value, card: !card });
    else go({ view: 'members', conversationId });
  };
  const label = shown ? text.groups.hideMembers : text.groups.showMembers;
  const count = live !== undefined && !live.log.left ? text.groups.memberCount(live.log.members.length) : '';
  return (
    <header className={mergeClasses(styles.head, isNarrow && styles.headNarrow)}>
      {isNarrow && <Button appearance="subtle" icon={<ArrowLeftRegular />} aria-label={text.app.back} onClick={goBack} />}
      {live && <GroupAvatar live={live} size={40} />}
      <div className={styles.words}>
        <h1 className={mergeClasses(styles.name, styles.line)}>{live && titleOf(live)}</h1>
        <Text size={200} className={mergeClasses(styles.line, styles.second)}>
          {live?.log.kind === 'channel' ? [text.groups.kinds.channel, count].filter(Boolean).join(' · ') : count}
        </Text>
      </div>
      {live && !live.log.left && <MuteMenu live={live} />}
      <SearchButton conversationId={live?.id} />
      <Tooltip content={label} relationship="label">
        <Button
          appearance="subtle"
          icon={<PeopleTeamRegular />}
          onClick={showMembers}
          aria-expanded={isWide ? card : undefined}
          disabled={live === undefined}
        />
      </Tooltip>
    </header>
  );
}

/** Where one writes, or why one cannot. */
function Footer({ live }: { readonly live: LiveConversation }) {
  const { text } = useWords();
  const { self } = useWorkspace();
  const { left, kind, moderators } = live.log;
  if (!left && (kind !== 'channel' || moderators.includes(self))) return <Composer key={live.id} live={live} />;
  return (
    <MessageBar intent="info">
      <MessageBarBody>{left ? text.groups.left : text.groups.onlyModerators}</MessageBarBody>
    </MessageBar>
  );
}
