import {
  Button,
  CounterBadge,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  SearchBox,
  Tab,
  TabList,
  Tooltip,
  tokens,
} from '@fluentui/react-components';
import { BookContactsRegular } from '@fluentui/react-icons/svg/book-contacts';
import { KeyboardRegular } from '@fluentui/react-icons/svg/keyboard';
import { MoreHorizontalRegular } from '@fluentui/react-icons/svg/more-horizontal';
import { PersonSettingsRegular } from '@fluentui/react-icons/svg/person-settings';
import { SearchRegular } from '@fluentui/react-icons/svg/search';
import { SettingsRegular } from '@fluentui/react-icons/svg/settings';
import { SignOutRegular } from '@fluentui/react-icons/svg/sign-out';
import { type KeyboardEvent, useState } from 'react';
import { ConversationList } from '#web/client/chat/conversation-list.tsx';
import { ContactTree } from '#web/client/contacts/contact-tree.tsx';
import { SearchResults } from '#web/client/contacts/search-results.tsx';
import { unreadIn } from '#web/client/groups/muting.ts';
import { CallsButton } from '#web/client/journal/calls-button.tsx';
import { OwnPresenceMenu } from '#web/client/presence/own-presence-menu.tsx';
import { noCriteria } from '#web/client/search/search-criteria.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { useConversationChanges, useNow, useWorkspace } from './hooks.ts';
import { go } from './route.ts';
import { useShell } from './shell.ts';

const useStyles = makeStyles({
  root: {
    height: '100%',
    display: 'flex',
    flexDirection: 'column',
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  top: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    padding: tokens.spacingHorizontalS,
    minWidth: 0,
  },
  search: { width: '100%', maxWidth: 'none' },
  searchBox: { padding: `0 ${tokens.spacingHorizontalM}` },
  tabs: { padding: `0 ${tokens.spacingHorizontalXS}` },
  tab: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
  panel: { flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column' },
  messages: { justifyContent: 'flex-start', overflowWrap: 'anywhere' },
  people: { flexGrow: 1, minHeight: 0 },
});

/** Who one is, a search, and the two lists: conversations and contacts. */
export function LeftColumn({ presenceSignal, onHelp }: { readonly presenceSignal: number; readonly onHelp: () => void }) {
  const styles = useStyles();
  const { text } = useWords();
  const { client, conversations, messageSearch } = useWorkspace();
  const { preferences } = useShell();
  const { column } = useStore(preferences);
  const [query, setQuery] = useState('');
  useConversationChanges();
  const unread = unreadIn(conversations.list, useNow());
  const searching = query.trim() !== '';
  const searchMessages = () => {
    messageSearch.look({ ...noCriteria, words: query.trim() });
    setQuery('');
    go({ view: 'search' });
  };
  const onSearchKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && searching) {
      event.stopPropagation();
      setQuery('');
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      document.getElementById('left-panel')?.querySelector<HTMLElement>('[role="listbox"],[role="tree"]')?.focus();
    }
  };
  return (
    <div className={styles.root}>
      <div className={styles.top}>
        <OwnPresenceMenu openSignal={presenceSignal} />
        <CallsButton />
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Tooltip content={text.app.menu} relationship="label">
              <Button appearance="subtle" icon={<MoreHorizontalRegular />} />
            </Tooltip>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem icon={<SettingsRegular />} onClick={() => go({ view: 'settings' })}>
                {text.app.settings}
              </MenuItem>
              <MenuItem icon={<PersonSettingsRegular />} onClick={() => go({ view: 'permissions' })}>
                {text.permissions.title}
              </MenuItem>
              <MenuItem icon={<BookContactsRegular />} onClick={() => go({ view: 'phone-book' })}>
                {text.phoneBook.open}
              </MenuItem>
              <MenuItem icon={<KeyboardRegular />} onClick={onHelp}>
                {text.app.help}
              </MenuItem>
              <MenuItem icon={<SignOutRegular />} onClick={() => void client.signOut()}>
                {text.app.signOut}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      </div>
      <search className={styles.searchBox}>
        <SearchBox
          id="search"
          className={styles.search}
          placeholder={text.search.placeholder}
          aria-label={text.search.placeholder}
          dismiss={{ 'aria-label': text.search.clear }}
          value={query}
          onChange={(_, { value }) => setQuery(value)}
          onKeyDown={onSearchKey}
        />
      </search>
      {!searching && (
        <div className={styles.tabs}>
          <TabList
            selectedValue={column}
            onTabSelect={(_, { value }) => preferences.set({ ...preferences.value, column: value as 'chats' | 'contacts' })}
          >
            <Tab value="chats" id="tab-chats" aria-controls="left-panel">
              <span className={styles.tab}>
                {text.app.chats}
                {unread > 0 && <CounterBadge count={unread} size="small" role="img" aria-label={text.chat.unread(unread)} />}
              </span>
            </Tab>
            <Tab value="contacts" id="tab-contacts" aria-controls="left-panel">
              {text.app.contacts}
            </Tab>
          </TabList>
        </div>
      )}
      <div
        id="left-panel"
        className={styles.panel}
        {...(searching ? {} : { role: 'tabpanel', 'aria-labelledby': `tab-${column}` })}
      >
        {searching && (
          <>
            <Button appearance="subtle" icon={<SearchRegular />} className={styles.messages} onClick={searchMessages}>
              {text.messageSearch.messagesFor(query.trim())}
            </Button>
            <div className={styles.people}>
              <SearchResults query={query.trim()} onDone={() => setQuery('')} />
            </div>
          </>
        )}
        {!searching && column === 'chats' && <ConversationList />}
        {!searching && column === 'contacts' && <ContactTree />}
      </div>
    </div>
  );
}
