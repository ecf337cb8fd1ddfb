import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  makeStyles,
  Text,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { CallRegular } from '@fluentui/react-icons/svg/call';
import { ChatRegular } from '@fluentui/react-icons/svg/chat';
import { DeleteRegular } from '@fluentui/react-icons/svg/delete';
import { useState } from 'react';
import { type JournalEntry, maxNoteUnits } from '#shared/protocol/journal.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go } from '#web/client/app/route.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { resultWords, talkTime } from './call-rows.ts';
import { targetOf, useDial } from './dial.ts';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  facts: {
    display: 'grid',
    gridTemplateColumns: 'auto minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    margin: 0,
    overflowWrap: 'anywhere',
  },
  term: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0 },
  acts: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
});

/** Everything about one past call, with what can be done about it. */
export function CallDialog({ entry, onClose }: { readonly entry: JournalEntry; readonly onClose: () => void }) {
  const styles = useStyles();
  const words = useWords();
  const { callList } = words.text;
  const { journal } = useWorkspace();
  const notices = useNotices();
  const dial = useDial();
  const [note, setNote] = useState(entry.note ?? '');
  const { peer } = entry;
  const target = targetOf(peer);
  const save = async () => {
    await journal.note(entry.callId, note.trim());
    notices.done(callList.noteSaved);
    onClose();
  };
  const remove = async () => {
    await journal.remove(entry.callId);
    notices.done(callList.removed);
    onClose();
  };
  const attempt = (act: Promise<void>, failed: string) => void act.catch((error: unknown) => notices.failed(failed, error));
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface aria-label={callList.details}>
        <DialogBody>
          <DialogTitle>{peer.name ?? peer.number ?? callList.withheld}</DialogTitle>
          <DialogContent className={styles.content}>
            <dl className={styles.facts}>
              {factsOf(entry, words).map(([term, value]) => (
                <Fact key={term} term={term} value={value} />
              ))}
            </dl>
            {entry.closedByOther === true && <Text size={200}>{callList.closedByOther}</Text>}
            <div className={styles.acts}>
              {dial !== undefined && target !== undefined && (
                <Button
                  appearance="primary"
                  icon={<CallRegular />}
                  onClick={() => {
                    attempt(dial(target), callList.callFailed);
                    onClose();
                  }}
                >
                  {callList.callBack}
                </Button>
              )}
              {peer.userId !== undefined && (
                <Button icon={<ChatRegular />} onClick={() => peer.userId && go({ view: 'chat', userId: peer.userId })}>
                  {callList.chat}
                </Button>
              )}
              <Button icon={<DeleteRegular />} onClick={() => attempt(remove(), callList.removeFailed)}>
                {callList.remove}
              </Button>
            </div>
            <Field label={callList.note} hint={callList.noteHint}>
              <Textarea value={note} maxLength={maxNoteUnits} resize="vertical" onChange={(_, { value }) => setNote(value)} />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{callList.close}</Button>
            <Button
              appearance="primary"
              disabled={note.trim() === (entry.note ?? '')}
              onClick={() => attempt(save(), callList.noteFailed)}
            >
              {callList.saveNote}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Fact({ term, value }: { readonly term: string; readonly value: string }) {
  const styles = useStyles();
  return (
    <>
      <dt className={styles.term}>{term}</dt>
      <dd className={styles.value}>{value}</dd>
    </>
  );
}

function factsOf(entry: JournalEntry, words: ReturnType<typeof useWords>): [string, string][] {
  const { callList, phoneBook } = words.text;
  const { peer, ownNumber, sipStatus, direction, startedAt } = entry;
  const talked = talkTime(entry);
  const result = [resultWords(entry, words), ...(sipStatus === undefined ? [] : [callList.sipStatus(sipStatus)])].join(' · ');
  const facts: [string, string | undefined][] = [
    [callList.directions[direction], result],
    [phoneBook.number, peer.number],
    [callList.ownNumber, ownNumber],
    [callList.started, words.format.full(startedAt)],
    [callList.duration, talked],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}
