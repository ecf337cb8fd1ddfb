import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ChatRegular } from '@fluentui/react-icons/svg/chat';
import { useState } from 'react';
import { CallBar } from '#web/client/calls/call-bar.tsx';
import { ChatView } from '#web/client/chat/chat-view.tsx';
import { useMessageNotices } from '#web/client/chat/message-notices.ts';
import { GroupPanel } from '#web/client/groups/group-panel.tsx';
import { GroupView } from '#web/client/groups/group-view.tsx';
import { CallsPage } from '#web/client/journal/calls-page.tsx';
import { PersonCard } from '#web/client/people/person-card.tsx';
import { PermissionsPage } from '#web/client/permissions/permissions-page.tsx';
import { PhoneBookPage } from '#web/client/phone-book/phone-book-page.tsx';
import { SearchPage } from '#web/client/search/search-page.tsx';
import { SettingsPage } from '#web/client/settings/settings-page.tsx';
import { Empty } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { useMedia } from './hooks.ts';
import { LeftColumn } from './left-column.tsx';
import { ReachBanner } from './reach-banner.tsx';
import { type Route, useRoute } from './route.ts';
import { useShell } from './shell.ts';
import { ShortcutsHelp, useShortcuts } from './shortcuts.tsx';
import { narrow, wide } from './widths.ts';

const useStyles = makeStyles({
  root: {
    height: '100dvh',
    display: 'flex',
    flexDirection: 'column',
    backgroundColor: tokens.colorNeutralBackground2,
    overflow: 'hidden',
  },
  skip: {
    position: 'absolute',
    left: tokens.spacingHorizontalS,
    top: '-60px',
    zIndex: 10,
    padding: tokens.spacingHorizontalS,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    ':focus': { top: tokens.spacingVerticalS },
  },
  columns: { flexGrow: 1, minHeight: 0, display: 'grid', gridTemplateColumns: 'minmax(280px, 340px) minmax(0, 1fr)' },
  withCard: { gridTemplateColumns: 'minmax(280px, 340px) minmax(0, 1fr) 340px' },
  single: { gridTemplateColumns: 'minmax(0, 1fr)' },
  left: { minHeight: 0, minWidth: 0, borderRight: `1px solid ${tokens.colorNeutralStroke2}` },
  content: { minHeight: 0, minWidth: 0, ':focus': { outlineStyle: 'none' } },
  card: { minHeight: 0, minWidth: 0, borderLeft: `1px solid ${tokens.colorNeutralStroke2}` },
  hidden: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
});

/** The signed-in page: people and conversations on the left, what is open on the right; one column where it is narrow. */
export function MainView() {
  const styles = useStyles();
  const { text } = useWords();
  const { preferences } = useShell();
  const { card } = useStore(preferences);
  const route = useRoute();
  const isNarrow = useMedia(narrow);
  const isWide = useMedia(wide);
  const [presenceSignal, setPresenceSignal] = useState(0);
  const announced = useMessageNotices();
  const shortcuts = useShortcuts({ onPresence: () => setPresenceSignal((count) => count + 1) });
  const showLeft = !isNarrow || route.view === 'home';
  const showContent = !isNarrow || route.view !== 'home';
  // Alone on the page it is the main thing.
  const Left = showContent ? 'nav' : 'main';
  const showCard = isWide && card && (route.view === 'chat' || route.view === 'conversation');
  const hideCard = () => preferences.set({ ...preferences.value, card: false });
  return (
    <div className={styles.root}>
      {showContent && (
        <a className={styles.skip} href="#content">
          {text.app.skipToContent}
        </a>
      )}
      <ReachBanner />
      <CallBar />
      <div className={mergeClasses(styles.columns, isNarrow && styles.single, showCard && styles.withCard)}>
        {showLeft && (
          <Left className={styles.left} aria-label={text.app.navigation} data-region>
            {route.view === 'home' && <h1 className={styles.hidden}>{text.app.name}</h1>}
            <LeftColumn presenceSignal={presenceSignal} onHelp={shortcuts.showHelp} />
          </Left>
        )}
        {showContent && (
          <main id="content" className={styles.content} tabIndex={-1} data-region>
            <Content route={route} />
          </main>
        )}
        {showCard && (
          <aside
            className={styles.card}
            aria-label={route.view === 'chat' ? text.contacts.card : text.groups.members}
            data-region
          >
            {route.view === 'chat' ? (
              <PersonCard userId={route.userId} place="beside" onClose={hideCard} />
            ) : (
              <GroupPanel key={route.conversationId} conversationId={route.conversationId} place="beside" onClose={hideCard} />
            )}
          </aside>
        )}
      </div>
      <div className={styles.hidden} aria-live="polite">
        {announced}
      </div>
      {shortcuts.helpOpen && <ShortcutsHelp onClose={shortcuts.hideHelp} />}
    </div>
  );
}

function Content({ route }: { readonly route: Route }) {
  const { text } = useWords();
  if (route.view === 'chat') return <ChatView userId={route.userId} />;
  if (route.view === 'conversation') return <GroupView key={route.conversationId} conversationId={route.conversationId} />;
  if (route.view === 'members')
    return <GroupPanel key={route.conversationId} conversationId={route.conversationId} place="alone" />;
  if (route.view === 'person') return <PersonCard userId={route.userId} place="alone" />;
  if (route.view === 'search') return <SearchPage />;
  if (route.view === 'calls') return <CallsPage />;
  if (route.view === 'phone-book') return <PhoneBookPage />;
  if (route.view === 'settings') return <SettingsPage />;
  if (route.view === 'permissions') return <PermissionsPage />;
  return <Empty icon={<ChatRegular />} title={text.app.nothingOpen} hint={text.app.nothingOpenHint} />;
}
