import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { Entry, UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
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
});

/** What happened to the group, between its messages. */
export function GroupNotice({ entry, nameOf }: { readonly entry: Entry; readonly nameOf: (userId: UserId) => string }) {
  const styles = useStyles();
  const words = useWords();
  const { self } = useWorkspace();
  return noticeLines(entry, { words, self, nameOf }).map((line) => (
    <Text key={line} size={200} className={styles.notice} title={words.format.full(entry.at)} data-notice>
      {line}
    </Text>
  ));
}
