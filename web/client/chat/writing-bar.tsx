import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    margin: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalL} 0`,
    padding: `2px 2px 2px ${tokens.spacingHorizontalS}`,
    borderLeft: `3px solid ${tokens.colorBrandStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  words: { flexGrow: 1, minWidth: 0, display: 'flex', flexDirection: 'column' },
  cut: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', color: tokens.colorNeutralForeground2 },
});

export interface WritingBarProps {
  readonly title: string;
  readonly text: string;
  readonly cancel: string;
  readonly onCancel: () => void;
}

/** What the text below it is about: the message it answers, or the one it changes. */
export function WritingBar({ title, text, cancel, onCancel }: WritingBarProps) {
  const styles = useStyles();
  return (
    <div className={styles.bar}>
      <div className={styles.words}>
        <Text size={200} weight="semibold">
          {title}
        </Text>
        <Text size={200} className={styles.cut}>
          {text}
        </Text>
      </div>
      <Button size="small" appearance="subtle" icon={<DismissRegular />} aria-label={cancel} onClick={onCancel} />
    </div>
  );
}
