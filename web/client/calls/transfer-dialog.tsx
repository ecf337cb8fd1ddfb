import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import type { CallView } from '#shared/protocol/calls.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { partyName, refusalWords } from './call-words.ts';
import { PartySearch } from './party-search.tsx';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, minHeight: '220px' },
  others: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
});

interface TransferDialogProps {
  readonly call: CallView;
  /** The user's other calls: with one of them it can be joined. */
  readonly others: readonly CallView[];
  readonly onClose: () => void;
}

/** Passes the other one of a call on: to somebody who then rings, or to whom one talks with in another call. */
export function TransferDialog({ call, others, onClose }: TransferDialogProps) {
  const styles = useStyles();
  const { text } = useWords();
  const words = text.liveCalls;
  const { client } = useWorkspace();
  const notices = useNotices();
  const { callId } = call;
  const attempt = async (act: Promise<unknown>) => {
    onClose();
    try {
      await act;
    } catch (error) {
      notices.failed(refusalWords(error, text) ?? words.actFailed, error);
    }
  };
  const joinable = others.filter(({ phase }) => phase === 'connected' || phase === 'ringing');
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.transferTitle(partyName(call.peer, text))}</DialogTitle>
          <DialogContent className={styles.content}>
            {joinable.length > 0 && (
              <div className={styles.others}>
                {joinable.map((other) => (
                  <Button
                    key={other.callId}
                    onClick={() => void attempt(client.call('calls.transferTo', { callId, otherCallId: other.callId }))}
                  >
                    {words.transferJoin(partyName(other.peer, text))}
                  </Button>
                ))}
              </div>
            )}
            <PartySearch
              label={words.transferTo}
              onChoose={(to) => void attempt(client.call('calls.transfer', { callId, to }))}
            />
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{words.close}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
