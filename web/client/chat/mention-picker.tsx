import { makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { PeopleTeamRegular } from '@fluentui/react-icons/svg/people-team';
import type { Called } from '#web/api/index.ts';
import { PersonAvatar } from '#web/client/presence/person-avatar.tsx';
import { useWords } from '#web/ui/text.ts';

const useStyles = makeStyles({
  box: {
    position: 'absolute',
    bottom: '100%',
    left: tokens.spacingHorizontalL,
    right: tokens.spacingHorizontalL,
    maxWidth: '360px',
    maxHeight: '240px',
    overflowY: 'auto',
    padding: tokens.spacingVerticalXS,
    zIndex: 2,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    boxShadow: tokens.shadow16,
  },
  option: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    padding: tokens.spacingVerticalXS,
    borderRadius: tokens.borderRadiusMedium,
    border: '1px solid transparent',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  active: {
    backgroundColor: tokens.colorSubtleBackgroundSelected,
    '@media (forced-colors: active)': { border: '1px solid Highlight' },
  },
  icon: { fontSize: '24px', display: 'flex' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export interface MentionPickerProps {
  readonly id: string;
  readonly candidates: readonly Called[];
  /** Index of the one that Enter takes. */
  readonly active: number;
  readonly onPick: (called: Called) => void;
}

/** Id of the option at an index, for the field that keeps the focus. */
export function mentionOptionId(id: string, index: number): string {
  return `${id}-${index}`;
}

/** Those who can be mentioned; the field keeps the focus and takes the keys. */
export function MentionPicker({ id, candidates, active, onPick }: MentionPickerProps) {
  const styles = useStyles();
  const { text } = useWords();
  return (
    <div id={id} role="listbox" aria-label={text.chat.composer.mentions} className={styles.box}>
      {candidates.map((called, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field holds the focus and takes the keys.
        // biome-ignore lint/a11y/useFocusableInteractive: as above.
        <div
          key={called.userId}
          id={mentionOptionId(id, index)}
          role="option"
          aria-selected={index === active}
          className={mergeClasses(styles.option, index === active && styles.active)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(called)}
        >
          {called.userId === 'everybody' ? (
            <span className={styles.icon}>
              <PeopleTeamRegular />
            </span>
          ) : (
            <PersonAvatar userId={called.userId} size={24} decorative />
          )}
          <Text>{called.name}</Text>
          {called.userId === 'everybody' && (
            <Text size={200} className={styles.quiet}>
              {text.chat.composer.mentionEverybody}
            </Text>
          )}
        </div>
      ))}
    </div>
  );
}
