import { makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { StarFilled } from '@fluentui/react-icons/svg/star';
import type { UserId } from '#web/api/index.ts';
import { useNow, usePerson, usePresence } from '#web/client/app/hooks.ts';
import { usePersonName } from '#web/client/people/person-name.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { presenceLine } from '#web/client/presence/presence-words.ts';
import { useWords } from '#web/ui/text.ts';

export const personRowHeight = 56;

const useStyles = makeStyles({
  row: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    width: '100%',
    minWidth: 0,
    paddingInline: tokens.spacingHorizontalS,
  },
  words: { display: 'flex', flexDirection: 'column', minWidth: 0, flexGrow: 1 },
  line: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  second: { color: tokens.colorNeutralForeground3 },
  stale: { fontStyle: 'italic' },
  star: { color: tokens.colorPaletteMarigoldForeground1, flexShrink: 0, display: 'flex' },
});

export interface PersonRowProps {
  readonly userId: UserId;
  readonly favourite?: boolean;
  /** Shows the department instead of the presence in words. */
  readonly department?: boolean;
}

/** A person in a list: picture, badge, name, and why they are what they are or what they want others to know. */
export function PersonRow({ userId, favourite = false, department = false }: PersonRowProps) {
  const styles = useStyles();
  const words = useWords();
  const now = useNow();
  const person = usePerson(userId);
  const presence = usePresence(userId);
  const name = usePersonName(userId);
  const line = presenceLine(words, presence, now);
  const told = presence?.note?.text ?? (department ? [line, person?.department].filter(Boolean).join(' · ') : line);
  return (
    <div className={styles.row}>
      <PersonAvatar userId={userId} decorative />
      <div className={styles.words}>
        <Text className={styles.line}>{name}</Text>
        <Text size={200} className={mergeClasses(styles.line, styles.second, presence?.stale && styles.stale)} title={told}>
          {presence?.note ? `${words.text.presence.state[presence.state]} · ${told}` : told}
        </Text>
      </div>
      {favourite && (
        <span className={styles.star} aria-hidden>
          <StarFilled fontSize={14} />
        </span>
      )}
    </div>
  );
}
