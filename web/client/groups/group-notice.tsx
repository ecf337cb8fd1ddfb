import { makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import type { Entry, PendingEntry, UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { StateIcon } from '#web/client/chat/message-state.tsx';
import { useWords } from '#web/ui/text.ts';
import { noticeLines } from './group-notices.ts';

const useStyles = makeStyles({
  notice: {
    display: 'block',
    textAlign: 'center',
    color: tokens.colorNeutralForeground3,
    marginTop: tokens.spacingVerticalS,
    overflowWrap: 'anywhere',
  },
  pending: { display: 'flex', justifyContent: 'center', alignItems: 'center', gap: tokens.spacingHorizontalXS },
});

/** What happened to the group, between its messages. */
export function GroupNotice({
  entry,
  nameOf,
}: {
  readonly entry: Entry | PendingEntry;
  readonly nameOf: (userId: UserId) => string;
}) {
  const styles = useStyles();
  const words = useWords();
  const { self } = useWorkspace();
  const isPending = !('seq' in entry);
  return noticeLines(entry, { words, self, nameOf }).map((line) => (
    <Text
      key={line}
      size={200}
      className={mergeClasses(styles.notice, isPending && styles.pending)}
      title={words.format.full(entry.at)}
      data-notice
    >
      {line}
      {isPending && <StateIcon state="changing" />}
    </Text>
  ));
}
