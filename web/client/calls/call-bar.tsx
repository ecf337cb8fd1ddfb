import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { CallRegular } from '@fluentui/react-icons/svg/call';
import { CallEndRegular } from '@fluentui/react-icons/svg/call-end';
import { CallForwardRegular } from '@fluentui/react-icons/svg/call-forward';
import { DialpadRegular } from '@fluentui/react-icons/svg/dialpad';
import { PauseRegular } from '@fluentui/react-icons/svg/pause';
import { PlayRegular } from '@fluentui/react-icons/svg/play';
import { useEffect, useReducer, useState } from 'react';
import type { CallAct, CallView } from '#shared/protocol/calls.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import { partyName, stateWords } from './call-words.ts';
import { Keypad } from './keypad.tsx';
import { TransferDialog } from './transfer-dialog.tsx';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  bar: {
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorNeutralForeground1,
    maxHeight: '40dvh',
    overflowY: 'auto',
  },
  call: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
  },
  icon: { fontSize: '20px', display: 'flex' },
  words: { display: 'flex', flexDirection: 'column', flexGrow: 1, flexBasis: '180px', minWidth: 0, overflowWrap: 'anywhere' },
  acts: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS },
});

const icons: Readonly<Record<CallAct, React.JSX.Element>> = {
  hangUp: <CallEndRegular />,
  decline: <CallEndRegular />,
  hold: <PauseRegular />,
  resume: <PlayRegular />,
  transfer: <CallForwardRegular />,
  sendDigits: <DialpadRegular />,
};

/** The calls that run now, over everything else, with what can be done with each. */
export function CallBar() {
  const styles = useStyles();
  const { text } = useWords();
  const { liveCalls } = useWorkspace();
  const calls = useStore(liveCalls.calls);
  if (calls.length === 0) return undefined;
  return (
    <section className={styles.bar} aria-label={text.liveCalls.title}>
      <ul className={styles.list}>
        {liveFirst(calls).map((call) => (
          <LiveCall key={call.callId} call={call} others={calls.filter((other) => other !== call)} />
        ))}
      </ul>
    </section>
  );
}

function LiveCall({ call, others }: { readonly call: CallView; readonly others: readonly CallView[] }) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.liveCalls;
  const { client } = useWorkspace();
  const notices = useNotices();
  const [open, setOpen] = useState<'transfer' | 'sendDigits'>();
  const { callId, peer, acts } = call;
  const name = partyName(peer, text);

  const act = (which: CallAct) => {
    if (which === 'transfer' || which === 'sendDigits') {
      setOpen(open === which ? undefined : which);
      return;
    }
    client.call(`calls.${which}`, { callId }).catch((error: unknown) => notices.failed(words.actFailed, error));
  };

  return (
    <li className={styles.call}>
      <span className={styles.icon} aria-hidden>
        <CallRegular />
      </span>
      <span className={styles.words}>
        <Text weight="semibold">{peer.name === undefined || peer.number === undefined ? name : `${name} · ${peer.number}`}</Text>
        <span>
          <Text size={200} role="status">
            {stateWords(call, text)}
          </Text>
          {call.connectedAt !== undefined && call.phase === 'connected' && <Duration since={call.connectedAt} />}
        </span>
      </span>
      <span className={styles.acts}>
        {acts.map((which) => (
          <Button
            key={which}
            icon={icons[which]}
            appearance={which === 'hangUp' || which === 'decline' ? 'primary' : 'secondary'}
            aria-label={`${words.acts[which]}: ${name}`}
            onClick={() => act(which)}
          >
            {words.acts[which]}
          </Button>
        ))}
      </span>
      {open === 'sendDigits' && acts.includes('sendDigits') && <Keypad callId={callId} />}
      {open === 'transfer' && acts.includes('transfer') && (
        <TransferDialog call={call} others={others} onClose={() => setOpen(undefined)} />
      )}
    </li>
  );
}

/** What has ended stands below what still wants something of one. */
function liveFirst(calls: readonly CallView[]): readonly CallView[] {
  return [...calls].sort((one, other) => Number(one.phase === 'ended') - Number(other.phase === 'ended'));
}

/** Minutes and seconds; not read out every second. */
function Duration({ since }: { readonly since: number }) {
  const { client } = useWorkspace();
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = client.clock.every(1_000, tick);
    return () => timer.stop();
  }, [client]);
  const seconds = Math.max(0, Math.floor((client.now() - since) / 1_000));
  return (
    <Text size={200} aria-hidden>
      {` · ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`}
    </Text>
  );
}
