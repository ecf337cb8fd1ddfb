import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useClientState, useWorkspace } from '#web/client/app/hooks.ts';
import { go } from '#web/client/app/route.ts';
import { useDial } from '#web/client/journal/dial.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { refusalWords } from './call-words.ts';
import { PartySearch } from './party-search.tsx';

const useStyles = makeStyles({
  row: { display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
});

/** Calls whom one types; says what is missing when no phone could ring. */
export function DialField() {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.liveCalls;
  const { client } = useWorkspace();
  const { phase } = useClientState(client);
  const notices = useNotices();
  const dial = useDial();
  if (phase !== 'open') return undefined;
  if (dial === undefined) {
    return (
      <div className={styles.row}>
        <Text>{words.noPhone}</Text>
        <Button onClick={() => go({ view: 'settings' })}>{words.addPhone}</Button>
      </div>
    );
  }
  return (
    <PartySearch
      label={words.dial}
      hint={words.dialHint}
      onChoose={(to) =>
        void dial(to).catch((error: unknown) => notices.failed(refusalWords(error, text) ?? words.dialFailed, error))
      }
    />
  );
}
