import { Button, makeStyles } from '@fluentui/react-components';
import { PlugDisconnectedRegular } from '@fluentui/react-icons/svg/plug-disconnected';
import type { CloseReason } from '#web/api/index.ts';
import { Empty } from '#web/ui/states.tsx';
import { useWords } from '#web/ui/text.ts';
import { useShell } from './shell.ts';

const useStyles = makeStyles({ page: { height: '100dvh' } });

/** The client has given up for a reason it cannot mend; the person can. */
export function StoppedPage({ reason }: { readonly reason: CloseReason }) {
  const styles = useStyles();
  const { text } = useWords();
  const { client } = useShell();
  const { stopped } = text;
  const hint = reason === 'replaced' ? stopped.replaced : reason === 'originRefused' ? stopped.originRefused : stopped.other;
  return (
    <main className={styles.page}>
      <Empty icon={<PlugDisconnectedRegular />} title={stopped.title} hint={hint}>
        <Button appearance="primary" onClick={() => void client.resume()}>
          {reason === 'replaced' ? stopped.useHere : text.app.retry}
        </Button>
      </Empty>
    </main>
  );
}
