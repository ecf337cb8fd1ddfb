import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Link,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import { CallRegular } from '@fluentui/react-icons/svg/call';
import { CopyRegular } from '@fluentui/react-icons/svg/copy';
import type { PhoneBookContact } from '#shared/protocol/phone-book.ts';
import { useDial } from '#web/client/journal/dial.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, overflowWrap: 'anywhere' },
  numbers: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  number: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  words: { flexGrow: 1, minWidth: 0, display: 'flex', flexDirection: 'column' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

/** Everything about one contact; numbers are called or copied. */
export function ContactDialog({ contact, onClose }: { readonly contact: PhoneBookContact; readonly onClose: () => void }) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.phoneBook;
  const notices = useNotices();
  const dial = useDial();
  const { name, company, email, book, numbers } = contact;
  const call = (number: string) => {
    dial?.({ number }).catch((error: unknown) => notices.failed(text.callList.callFailed, error));
    onClose();
  };
  const copy = async (number: string) => {
    await navigator.clipboard.writeText(number);
    notices.done(words.copied);
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{name}</DialogTitle>
          <DialogContent className={styles.content}>
            {company !== undefined && <Text>{company}</Text>}
            <ul className={styles.numbers}>
              {numbers.map(({ kind, number, shown }) => (
                <li key={`${kind}-${number}`} className={styles.number}>
                  <span className={styles.words}>
                    <Text size={200} className={styles.quiet}>
                      {words.numbers[kind]}
                    </Text>
                    <Text>{shown}</Text>
                  </span>
                  {dial !== undefined && kind !== 'fax' && (
                    <Button
                      appearance="primary"
                      icon={<CallRegular />}
                      aria-label={words.call(shown)}
                      onClick={() => call(number)}
                    />
                  )}
                  <Button icon={<CopyRegular />} aria-label={words.copy(shown)} onClick={() => void copy(number)} />
                </li>
              ))}
            </ul>
            {email !== undefined && <Link href={`mailto:${encodeURIComponent(email)}`}>{email}</Link>}
            <Text size={200} className={styles.quiet}>
              {`${words.book}: ${book}`}
            </Text>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{words.close}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
