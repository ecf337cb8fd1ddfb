import { Avatar, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import type { PhoneBookContact } from '#shared/protocol/phone-book.ts';

export const contactRowHeight = 60;

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
  cut: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 },
  quiet: { color: tokens.colorNeutralForeground2 },
});

/** Somebody in a phone book: name, company, first number. */
export function ContactRow({ contact }: { readonly contact: PhoneBookContact }) {
  const styles = useStyles();
  const { name, company, numbers } = contact;
  const second = [company, numbers[0]?.shown].filter((part) => part !== undefined).join(' · ');
  return (
    <div className={styles.row}>
      <Avatar name={name} aria-hidden size={36} />
      <div className={styles.words}>
        <Text className={styles.cut} weight="semibold">
          {name}
        </Text>
        <Text size={200} className={mergeClasses(styles.cut, styles.quiet)}>
          {second}
        </Text>
      </div>
    </div>
  );
}
