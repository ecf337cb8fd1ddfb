import { MessageBar, MessageBarBody, makeStyles, tokens } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import { errorWords } from '#web/ui/error-words.ts';
import { useWords } from '#web/ui/text.ts';
import { useClientState, useOnline, useReach, useWorkspace } from './hooks.ts';

/** A move to another server takes less; nobody needs to hear of it. */
const worthTellingMs = 1_500;

const useStyles = makeStyles({
  bars: { display: 'flex', flexDirection: 'column' },
  bar: { borderRadius: 0, paddingInline: tokens.spacingHorizontalL },
  // Long sentences must not be cut on a narrow screen.
  body: { whiteSpace: 'normal', paddingBlock: tokens.spacingVerticalXS },
});

/** Says what is out of reach, and what that means for the person. */
export function ReachBanner() {
  const styles = useStyles();
  const { text } = useWords();
  const { client } = useWorkspace();
  const state = useClientState(client);
  const reach = useReach(client);
  const online = useOnline();
  const lost = useLasting(state.phase === 'connecting', worthTellingMs);
  const because = state.phase === 'connecting' && state.because ? errorWords(state.because.code, text) : undefined;
  const told: { readonly key: string; readonly what: string }[] = [];
  if (!online) told.push({ key: 'offline', what: text.reach.offline });
  else if (lost) told.push({ key: 'reconnecting', what: because ?? text.reach.reconnecting });
  else if (state.phase === 'open') {
    if (reach.mesh === 'down') told.push({ key: 'mesh', what: text.reach.mesh });
    if (reach.database === 'down')
      told.push({ key: 'database', what: reach.outbox === 'up' ? text.reach.storedLater : text.reach.database });
  }
  return (
    <div className={styles.bars} role="status">
      {told.map(({ key, what }) => (
        <MessageBar key={key} intent="warning" layout="multiline" className={styles.bar} data-reach={key}>
          <MessageBarBody className={styles.body}>{what}</MessageBarBody>
        </MessageBar>
      ))}
    </div>
  );
}

/** Whether something has held for a while. */
function useLasting(holds: boolean, forMs: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!holds) {
      setLasting(false);
      return;
    }
    const timer = setTimeout(() => setLasting(true), forMs);
    return () => clearTimeout(timer);
  }, [holds, forMs]);
  return lasting;
}
