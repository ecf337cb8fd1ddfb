import { makeStyles, mergeClasses, Text, Tooltip, tokens } from '@fluentui/react-components';
import type { ReactNode } from 'react';
import { useWords } from '#web/ui/text.ts';
import { FormattedText } from './formatted-text.tsx';
import { type MessageState, StateIcon } from './message-state.tsx';

const useStyles = makeStyles({
  row: { display: 'flex', flexDirection: 'column', alignItems: 'flex-start', minWidth: 0 },
  own: { alignItems: 'flex-end' },
  meta: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground3,
    paddingInline: tokens.spacingHorizontalXS,
    marginBottom: '2px',
  },
  line: {
    position: 'relative',
    display: 'flex',
    alignItems: 'flex-end',
    gap: tokens.spacingHorizontalXS,
    maxWidth: 'min(88%, 660px)',
    minWidth: 0,
  },
  bubble: {
    minWidth: 0,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    overflowWrap: 'anywhere',
    userSelect: 'text',
  },
  ownBubble: {
    backgroundColor: tokens.colorBrandBackground2,
    border: `1px solid ${tokens.colorBrandStroke2}`,
    color: tokens.colorNeutralForeground1,
  },
  failedBubble: { border: `1px solid ${tokens.colorStatusDangerBorder1}` },
  note: { color: tokens.colorNeutralForeground3 },
  gone: { color: tokens.colorNeutralForeground3, fontStyle: 'italic' },
});

export interface MessageBubbleProps {
  /** `undefined`: it was taken back. */
  readonly written: string | undefined;
  /** Names that the text calls. */
  readonly called: readonly string[];
  readonly at: number;
  readonly editedAt?: number | undefined;
  /** Who wrote it in the first place. */
  readonly forwardedFrom?: string | undefined;
  readonly author: string;
  readonly own: boolean;
  readonly joined: boolean;
  /** Of own messages, and of those of others that are being changed. */
  readonly state: MessageState | undefined;
  /** What it answers. */
  /** What stands there when the text is gone. */
  readonly gone?: string;
  readonly quote?: ReactNode;
  /** Below the text, inside the frame. */
  readonly attachments?: ReactNode;
  /** Below the frame. */
  readonly below?: ReactNode;
  /** At the upper edge of the frame. */
  readonly toolbar?: ReactNode;
}

/** One message in its frame. */
export function MessageBubble(props: MessageBubbleProps) {
  const { written, gone, called, at, editedAt, forwardedFrom, author, own, joined, state, quote, attachments, below, toolbar } =
    props;
  const styles = useStyles();
  const { text, format } = useWords();
  return (
    <div className={mergeClasses(styles.row, own && styles.own)}>
      {!joined && (
        <Text size={200} className={styles.meta}>
          {author} · <time dateTime={new Date(at).toISOString()}>{format.time(at)}</time>
        </Text>
      )}
      <div className={styles.line}>
        <div
          className={mergeClasses(styles.bubble, own && styles.ownBubble, state === 'failed' && styles.failedBubble)}
          title={format.full(at)}
        >
          {forwardedFrom !== undefined && (
            <Text block size={200} className={styles.note}>
              {text.chat.forwardedFrom(forwardedFrom)}
            </Text>
          )}
          {quote}
          {(written !== '' || !attachments) && (
            <div data-message className={written === undefined ? styles.gone : undefined}>
              {written === undefined ? (gone ?? text.chat.takenBack) : <FormattedText written={written} called={called} />}
            </div>
          )}
          {attachments}
          {editedAt !== undefined && (
            <Tooltip content={text.chat.editedAt(format.full(editedAt))} relationship="description">
              <Text size={100} className={styles.note}>
                {text.chat.edited}
              </Text>
            </Tooltip>
          )}
        </div>
        {state && <StateIcon state={state} />}
        {toolbar}
      </div>
      {below}
    </div>
  );
}
