import { Button, MessageBar, MessageBarBody, makeStyles, mergeClasses, Text, Tooltip, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular } from '@fluentui/react-icons/svg/arrow-left';
import { ContactCardRegular } from '@fluentui/react-icons/svg/contact-card';
import { useCallback } from 'react';
import type { UserId } from '#web/api/index.ts';
import { useConversationChanges, useMedia, useNow, usePerson, usePresence, useWorkspace } from '#web/client/app/hooks.ts';
import { go, goBack } from '#web/client/app/route.ts';
import { useShell } from '#web/client/app/shell.ts';
import { narrow, wide } from '#web/client/app/widths.ts';
import { usePersonName } from '#web/client/people/person-name.ts';
import { mayDo } from '#web/client/permissions/rights.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { presenceLine } from '#web/client/presence/presence-words.ts';
import { SearchButton } from '#web/client/search/search-button.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { Composer } from './composer.tsx';
import { ConversationPane } from './conversation-pane.tsx';

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

/** The chat with one person. */
export function ChatView({ userId }: { readonly userId: UserId }) {
  const styles = useStyles();
  const words = useWords();
  const { text } = words;
  const now = useNow();
  const { preferences } = useShell();
  const { card } = useStore(preferences);
  const isNarrow = useMedia(narrow);
  const isWide = useMedia(wide);
  const { conversations } = useWorkspace();
  useConversationChanges();
  const name = usePersonName(userId);
  const presence = usePresence(userId);
  const showCard = () => {
    if (isWide) preferences.set({ ...preferences.value, card: !card });
    else go({ view: 'person', userId });
  };
  const cardLabel = isWide && card ? text.chat.hideCard : text.chat.showCard;
  return (
    <section className={styles.root} aria-label={text.chat.with(name)}>
      <header className={mergeClasses(styles.head, isNarrow && styles.headNarrow)}>
        {isNarrow && <Button appearance="subtle" icon={<ArrowLeftRegular />} aria-label={text.app.back} onClick={goBack} />}
        <PersonAvatar userId={userId} size={40} decorative />
        <div className={styles.words}>
          <h1 className={mergeClasses(styles.name, styles.line)}>{name}</h1>
          <Text size={200} className={mergeClasses(styles.line, styles.second)}>
            {presenceLine(words, presence, now)}
            {presence?.note && ` · ${presence.note.text}`}
          </Text>
        </div>
        <SearchButton conversationId={conversations.with(userId)?.id} />
        <Tooltip content={cardLabel} relationship="label">
          <Button
            appearance="subtle"
            icon={<ContactCardRegular />}
            onClick={showCard}
            aria-expanded={isWide ? card : undefined}
          />
        </Tooltip>
      </header>
      <div className={styles.body}>
        <Messages key={userId} userId={userId} />
      </div>
    </section>
  );
}

function Messages({ userId }: { readonly userId: UserId }) {
  const { text } = useWords();
  const { conversations, self } = useWorkspace();
  const person = usePerson(userId);
  const open = useCallback(() => conversations.open(userId), [conversations, userId]);
  const mayWrite = userId === self || person === undefined || person === null || mayDo(person.level, 'chat');
  return (
    <ConversationPane
      known={conversations.with(userId)}
      open={open}
      footer={(live) => {
        if (mayWrite) return live && <Composer live={live} />;
        return (
          <MessageBar intent="info">
            <MessageBarBody>{text.chat.noRight}</MessageBarBody>
          </MessageBar>
        );
      }}
    />
  );
}
