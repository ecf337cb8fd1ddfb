import { Button, Link, makeStyles, mergeClasses, Text, Tooltip, tokens } from '@fluentui/react-components';
import { CheckmarkRegular } from '@fluentui/react-icons/svg/checkmark';
import { CheckmarkCircleFilled, CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle';
import { ClockRegular } from '@fluentui/react-icons/svg/clock';
import { ErrorCircleFilled } from '@fluentui/react-icons/svg/error-circle';
import type { ReactNode } from 'react';
import type { Outgoing, Reaction } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useWords } from '#web/ui/text.ts';
import { piecesOf } from './links.ts';

const useStyles = makeStyles({
  row: { display: 'flex', flexDirection: 'column', alignItems: 'flex-start', marginTop: tokens.spacingVerticalM },
  joined: { marginTop: '2px' },
  own: { alignItems: 'flex-end' },
  bubble: {
    maxWidth: 'min(85%, 640px)',
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    overflowWrap: 'anywhere',
    whiteSpace: 'pre-wrap',
    userSelect: 'text',
  },
  ownBubble: {
    backgroundColor: tokens.colorBrandBackground2,
    border: `1px solid ${tokens.colorBrandStroke2}`,
    color: tokens.colorNeutralForeground1,
  },
  failedBubble: { border: `1px solid ${tokens.colorStatusDangerBorder1}` },
  meta: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground3,
    paddingInline: tokens.spacingHorizontalXS,
    marginTop: '2px',
  },
  failed: { color: tokens.colorStatusDangerForeground1, flexWrap: 'wrap', justifyContent: 'flex-end' },
  read: { color: tokens.colorBrandForeground1 },
});

export type Mark = 'waiting' | 'sending' | 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

const marks: Readonly<Record<Mark, ReactNode>> = {
  waiting: <ClockRegular />,
  sending: <ClockRegular />,
  pending: <ClockRegular />,
  sent: <CheckmarkRegular />,
  delivered: <CheckmarkCircleRegular />,
  read: <CheckmarkCircleFilled />,
  failed: <ErrorCircleFilled />,
};

export interface MessageBubbleProps {
  /** `undefined`: it was taken back. */
  readonly written: string | undefined;
  readonly editedAt?: number | undefined;
  readonly reactions?: readonly Reaction[];
  readonly at: number;
  readonly author: string;
  readonly own: boolean;
  readonly joined: boolean;
  /** How far it has got; only of own messages, and only where it says something new. */
  readonly mark: Mark | undefined;
  readonly failure?: { readonly error: Outgoing['error']; readonly onRetry: () => void; readonly onDiscard: () => void };
}

/** One message. What people write is text: only addresses become links, nothing becomes markup. */
export function MessageBubble({ written, editedAt, reactions = [], at, author, own, joined, mark, failure }: MessageBubbleProps) {
  const styles = useStyles();
  const { text, format } = useWords();
  return (
    <div className={mergeClasses(styles.row, joined && styles.joined, own && styles.own)}>
      {!joined && (
        <Text size={200} className={styles.meta}>
          {author} · <time dateTime={new Date(at).toISOString()}>{format.time(at)}</time>
        </Text>
      )}
      <div
        data-message
        className={mergeClasses(styles.bubble, own && styles.ownBubble, failure && styles.failedBubble)}
        title={format.full(at)}
      >
        {written === undefined ? <em>{text.chat.takenBack}</em> : <Pieces written={written} />}
      </div>
      {editedAt !== undefined && (
        <Text size={200} className={styles.meta} title={format.full(editedAt)}>
          {text.chat.edited}
        </Text>
      )}
      {reactions.length > 0 && <Reactions reactions={reactions} />}
      {mark && !failure && (
        <Tooltip content={text.chat.delivery[mark]} relationship="label">
          <Text size={200} role="img" className={mergeClasses(styles.meta, mark === 'read' && styles.read)}>
            {marks[mark]}
          </Text>
        </Tooltip>
      )}
      {failure && (
        <div className={mergeClasses(styles.meta, styles.failed)} role="alert">
          {marks.failed}
          <Text size={200}>
            {text.chat.delivery.failed}. {reasonOf(failure.error, text.chat)}
          </Text>
          <Button size="small" appearance="subtle" onClick={failure.onRetry}>
            {text.chat.retry}
          </Button>
          <Button size="small" appearance="subtle" onClick={failure.onDiscard}>
            {text.chat.discard}
          </Button>
        </div>
      )}
    </div>
  );
}

function Reactions({ reactions }: { readonly reactions: readonly Reaction[] }) {
  const styles = useStyles();
  const { text } = useWords();
  const { people } = useWorkspace();
  return (
    <div className={styles.meta}>
      {reactions.map(({ emoji, users }) => {
        const names = users.map((userId) => people.get(userId)?.name ?? text.app.unknownPerson).join(', ');
        return (
          <Tooltip key={emoji} content={text.chat.reaction(emoji, names)} relationship="label">
            <Text size={300} role="img">
              {emoji} {users.length > 1 && users.length}
            </Text>
          </Tooltip>
        );
      })}
    </div>
  );
}

function Pieces({ written }: { readonly written: string }) {
  let place = 0;
  return piecesOf(written).map((piece) => {
    const key = place;
    place += piece.text.length;
    if (piece.kind === 'text') return <span key={key}>{piece.text}</span>;
    return (
      <Link key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow" inline>
        {piece.text}
      </Link>
    );
  });
}

function reasonOf(
  error: Outgoing['error'],
  words: { readonly storageFailure: string; readonly forbidden: string; readonly refused: string },
): string {
  if (error?.code === 'FORBIDDEN' || error?.code === 'NOT_FOUND') return words.forbidden;
  return error?.retryable === false ? words.refused : words.storageFailure;
}
