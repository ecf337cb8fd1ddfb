import { Button, CounterBadge, makeStyles, Tooltip } from '@fluentui/react-components';
import { CallRegular } from '@fluentui/react-icons/svg/call';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go } from '#web/client/app/route.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';

const useStyles = makeStyles({
  root: { position: 'relative', display: 'inline-flex', flexShrink: 0 },
  badge: { position: 'absolute', top: '-2px', right: '-2px', pointerEvents: 'none' },
});

/** Leads to the past calls; says how many missed ones were not seen. */
export function CallsButton() {
  const styles = useStyles();
  const { callList } = useWords().text;
  const unread = useStore(useWorkspace().journal.unread);
  const label = unread > 0 ? callList.openUnread(unread) : callList.open;
  return (
    <span className={styles.root}>
      <Tooltip content={label} relationship="label">
        <Button appearance="subtle" icon={<CallRegular />} onClick={() => go({ view: 'calls' })} />
      </Tooltip>
      {unread > 0 && <CounterBadge className={styles.badge} count={unread} size="small" color="danger" aria-hidden />}
    </span>
  );
}
