import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import type { Outgoing } from '#web/api/index.ts';
import { useWords, type Words } from '#web/ui/text.ts';

const useStyles = makeStyles({
  row: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'flex-end',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorStatusDangerForeground1,
  },
});

export interface MessageFailureProps {
  readonly error: Outgoing['error'];
  readonly onRetry: () => void;
  readonly onDiscard: () => void;
}

/** Why a message was not sent, and what one can do about it. */
export function MessageFailure({ error, onRetry, onDiscard }: MessageFailureProps) {
  const styles = useStyles();
  const { text } = useWords();
  const { chat } = text;
  const reason = reasonOf(error, chat);
  return (
    <div className={styles.row} role="alert">
      <Text size={200}>
        {chat.delivery.failed}. {reason}
      </Text>
      <Button size="small" appearance="subtle" onClick={onRetry}>
        {chat.retry}
      </Button>
      <Button size="small" appearance="subtle" onClick={onDiscard}>
        {chat.discard}
      </Button>
    </div>
  );
}

function reasonOf(error: Outgoing['error'], chat: Words['text']['chat']): string {
  if (error?.code === 'FORBIDDEN' || error?.code === 'NOT_FOUND') return chat.forbidden;
  const most = error?.details?.most;
  const part = error?.field?.split('.').at(-1);
  if (error?.code === 'TOO_LARGE' && typeof most === 'number' && isPart(part)) return chat.tooLarge[part](most);
  return error?.retryable === false ? chat.refused : chat.storageFailure;
}

function isPart(part: string | undefined): part is keyof Words['text']['chat']['tooLarge'] {
  return part === 'text' || part === 'files' || part === 'mentions';
}
