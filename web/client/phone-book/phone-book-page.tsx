import { Button, makeStyles, SearchBox, tokens } from '@fluentui/react-components';
import { ArrowLeftRegular } from '@fluentui/react-icons/svg/arrow-left';
import { BookContactsRegular } from '@fluentui/react-icons/svg/book-contacts';
import { useCallback, useEffect, useState } from 'react';
import type { PhoneBookContact } from '#shared/protocol/phone-book.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { goBack } from '#web/client/app/route.ts';
import { Empty, Failed, Loading } from '#web/ui/states.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { VirtualList } from '#web/ui/virtual-list.tsx';
import { ContactDialog } from './contact-dialog.tsx';
import { ContactRow, contactRowHeight } from './contact-row.tsx';

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
  },
  head: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  title: { margin: 0, fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500 },
  search: { width: '100%', maxWidth: 'none' },
  list: { flexGrow: 1, minHeight: 0, marginInline: `calc(-1 * ${tokens.spacingHorizontalS})` },
});

/** The phone books of the company: all contacts by name, and a search. */
export function PhoneBookPage() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.phoneBook;
  const { phoneBook } = useWorkspace();
  const query = useStore(phoneBook.query);
  useEffect(() => phoneBook.show(), [phoneBook]);
  return (
    <section className={styles.root} aria-label={words.title}>
      <div className={styles.head}>
        <Button appearance="subtle" icon={<ArrowLeftRegular />} aria-label={text.app.back} onClick={goBack} />
        <h1 className={styles.title}>{words.title}</h1>
      </div>
      <SearchBox
        className={styles.search}
        aria-label={words.search}
        placeholder={words.search}
        dismiss={{ 'aria-label': text.search.clear }}
        value={query}
        maxLength={100}
        onChange={(_, { value }) => phoneBook.look(value)}
      />
      <div className={styles.list}>
        <Contacts />
      </div>
    </section>
  );
}

function Contacts() {
  const { text } = useWords();
  const words = text.phoneBook;
  const { phoneBook } = useWorkspace();
  const { state, contacts, more } = useStore(phoneBook.list);
  const query = useStore(phoneBook.query);
  const [open, setOpen] = useState<PhoneBookContact>();
  const loadMore = useCallback(() => void phoneBook.loadMore(), [phoneBook]);

  if (state === 'failed') return <Failed title={words.failed} onRetry={() => phoneBook.show()} />;
  if (contacts.length === 0 && state === 'loading') return <Loading />;
  if (contacts.length === 0)
    return query.trim() === '' ? (
      <Empty icon={<BookContactsRegular />} title={words.nothing} hint={words.nothingHint} />
    ) : (
      <Empty icon={<BookContactsRegular />} title={words.nothingFound} hint={words.nothingFoundHint} />
    );
  return (
    <>
      <VirtualList
        role="listbox"
        label={words.list}
        count={contacts.length}
        row={(index) => ({ key: contacts[index]?.id ?? '', height: contactRowHeight })}
        render={(index) => {
          const contact = contacts[index];
          return contact && <ContactRow contact={contact} />;
        }}
        onActivate={(index) => setOpen(contacts[index])}
        onEnd={more && state === 'ready' ? loadMore : undefined}
      />
      {open && <ContactDialog contact={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}
