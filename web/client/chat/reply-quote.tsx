import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { ShownMessage } from '#web/api/index.ts';
import { useWords } from '#web/ui/text.ts';
import { briefly } from './plain-text.ts';

const useStyles = makeStyles({
  quote: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    maxWidth: '100%',
    minWidth: 0,
    padding: `2px ${tokens.spacingHorizontalS}`,
    marginBottom: tokens.spacingVerticalXS,
    borderRadius: tokens.borderRadiusMedium,
    borderLeft: `3px solid ${tokens.colorBrandStroke1}`,
    backgroundColor: tokens.colorNeutralBackground3,
    fontWeight: tokens.fontWeightRegular,
    textAlign: 'left',
  },
  text: {
    display: '-webkit-box',
    WebkitLineClamp: '2',
    WebkitBoxOrient: 'vertical',
    overflow: 'hidden',
    overflowWrap: 'anywhere',
    color: tokens.colorNeutralForeground2,
  },
});

export interface ReplyQuoteProps {
  /** `undefined` while it is read, `null` when it cannot be seen. */
  readonly message: ShownMessage | null | undefined;
  /** What stands there when its text is gone. */
  readonly gone: string;
  readonly author: string;
  readonly onJump: () => void;
}

/** What a message answers; a click shows it where it stands. */
export function ReplyQuote({ message, gone, author, onJump }: ReplyQuoteProps) {
  const styles = useStyles();
  const { text } = useWords();
  if (message === undefined || message === null)
    return (
      <div className={styles.quote}>
        <Text size={200} className={styles.text}>
          {message === null ? text.chat.notThere : text.app.loading}
        </Text>
      </div>
    );
  return (
    <Button appearance="transparent" className={styles.quote} onClick={onJump}>
      <Text size={200} weight="semibold">
        {author}
      </Text>
      <Text size={200} className={styles.text}>
        {message.text === undefined ? gone : briefly(message)}
      </Text>
    </Button>
  );
}
