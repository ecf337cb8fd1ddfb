import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { useWords } from '#web/ui/text.ts';

/** How much may still be written is told when it is no more than this. */
const nearUnits = 500;

const useStyles = makeStyles({
  hint: {
    display: 'flex',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground3,
    padding: `0 ${tokens.spacingHorizontalL} ${tokens.spacingVerticalS}`,
  },
  keys: { '@media (max-width: 699px)': { display: 'none' } },
  tooMuch: { color: tokens.colorStatusDangerForeground1 },
});

export interface ComposerHintProps {
  /** Units that may still be written; negative: it is too long. */
  readonly left: number;
  /** Present when the text mentions more people than this. */
  readonly mostMentions: number | undefined;
}

/** Below the field: which keys send, and what is too much. */
export function ComposerHint({ left, mostMentions }: ComposerHintProps) {
  const styles = useStyles();
  const { text } = useWords();
  const { chat } = text;
  return (
    <div className={styles.hint}>
      <Text size={100} id="composer-hint" className={styles.keys}>
        {chat.sendHint}
      </Text>
      {left < nearUnits && left >= 0 && <Text size={200}>{chat.composer.left(left)}</Text>}
      {left < 0 && (
        <Text size={200} className={styles.tooMuch} role="alert">
          {chat.tooLong(-left)}
        </Text>
      )}
      {mostMentions !== undefined && (
        <Text size={200} className={styles.tooMuch} role="alert">
          {chat.tooLarge.mentions(mostMentions)}
        </Text>
      )}
    </div>
  );
}
