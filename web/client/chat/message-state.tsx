import { makeStyles, mergeClasses, Tooltip, tokens } from '@fluentui/react-components';
import { CheckmarkRegular } from '@fluentui/react-icons/svg/checkmark';
import { CheckmarkCircleFilled, CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle';
import { ClockRegular } from '@fluentui/react-icons/svg/clock';
import { DatabaseArrowUpRegular } from '@fluentui/react-icons/svg/database-arrow-up';
import { ErrorCircleFilled } from '@fluentui/react-icons/svg/error-circle';
import type { ReactNode } from 'react';
import { useWords } from '#web/ui/text.ts';

/** How far an own message has got; `pending`, `changing`: it, or what became of it, is not stored yet. */
export type MessageState = 'waiting' | 'sending' | 'pending' | 'changing' | 'sent' | 'delivered' | 'read' | 'failed';

const icons: Readonly<Record<MessageState, ReactNode>> = {
  waiting: <ClockRegular />,
  sending: <ClockRegular />,
  pending: <DatabaseArrowUpRegular />,
  changing: <DatabaseArrowUpRegular />,
  sent: <CheckmarkRegular />,
  delivered: <CheckmarkCircleRegular />,
  read: <CheckmarkCircleFilled />,
  failed: <ErrorCircleFilled />,
};

const useStyles = makeStyles({
  icon: { display: 'flex', flexShrink: 0, fontSize: '14px', color: tokens.colorNeutralForeground3 },
  read: { color: tokens.colorBrandForeground1 },
  failed: { color: tokens.colorStatusDangerForeground1 },
});

/** A small picture of how far a message has got; its name says it in words. */
export function StateIcon({ state }: { readonly state: MessageState }) {
  const styles = useStyles();
  const { text } = useWords();
  return (
    <Tooltip content={text.chat.delivery[state]} relationship="label">
      <span
        role="img"
        className={mergeClasses(styles.icon, state === 'read' && styles.read, state === 'failed' && styles.failed)}
      >
        {icons[state]}
      </span>
    </Tooltip>
  );
}
