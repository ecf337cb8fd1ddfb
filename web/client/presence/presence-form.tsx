import { Button, Field, makeStyles, PresenceBadge, Radio, RadioGroup, Text, Textarea, tokens } from '@fluentui/react-components';
import { ArrowSyncCircleRegular } from '@fluentui/react-icons/svg/arrow-sync-circle';
import { type FormEvent, useState } from 'react';
import type { ManualState, UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { type ChosenEnding, endingAt, endOf } from './ending.ts';
import { EndingField } from './ending-field.tsx';
import { badgeStatus, manualStates, manualWord } from './presence-words.ts';

const mostNoteUnits = 500;

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  choice: { display: 'inline-flex', alignItems: 'center', columnGap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  quiet: { color: tokens.colorNeutralForeground3 },
  actions: { display: 'flex', justifyContent: 'flex-end', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
});

export interface PresenceFormProps {
  /** Missing: one's own. */
  readonly userId?: UserId;
  readonly label: string;
  readonly state: ManualState | null;
  readonly until: number | undefined;
  readonly note: { readonly text: string; readonly until?: number | undefined } | undefined;
  readonly onSaved: () => void;
  /** In a dialog: closes it without a change. */
  readonly onCancel?: () => void;
}

/** Sets a state and a note, one's own or another person's, each with an end if wanted. */
export function PresenceForm({ userId, label, state, until, note, onSaved, onCancel }: PresenceFormProps) {
  const styles = useStyles();
  const words = useWords();
  const { text } = words;
  const { client } = useWorkspace();
  const notices = useNotices();
  const [chosen, setChosen] = useState<ManualState | 'automatic'>(state ?? 'automatic');
  const [ending, setEnding] = useState<ChosenEnding>(() => endingAt(until));
  const [written, setWritten] = useState(note?.text ?? '');
  const [noteEnding, setNoteEnding] = useState<ChosenEnding>(() => endingAt(note?.until));
  const [wrong, setWrong] = useState<{ readonly state?: boolean; readonly note?: boolean }>({});
  const [saving, setSaving] = useState(false);
  const tooLong = written.length > mostNoteUnits;
  const of = userId === undefined ? {} : { userId };

  const setNote = (noteText: string | null, noteUntil: number | undefined) =>
    client.call('presence.setNote', {
      ...of,
      text: noteText,
      ...(noteUntil === undefined || noteText === null ? {} : { until: noteUntil }),
    });

  const save = async (event: FormEvent) => {
    event.preventDefault();
    const now = client.now();
    const stateEnd = chosen === 'automatic' ? undefined : ahead(ending, now);
    const noteEnd = written.trim() === '' ? undefined : ahead(noteEnding, now);
    setWrong({ state: stateEnd === 'past', note: noteEnd === 'past' });
    if (stateEnd === 'past' || noteEnd === 'past' || tooLong) return;
    setSaving(true);
    try {
      const wanted = chosen === 'automatic' ? null : chosen;
      if (wanted !== state || stateEnd !== until) {
        await client.call('presence.set', { ...of, state: wanted, ...(stateEnd === undefined ? {} : { until: stateEnd }) });
      }
      const noteText = written.trim() === '' ? null : written.trim();
      if (noteText !== (note?.text ?? null) || noteEnd !== note?.until) await setNote(noteText, noteEnd);
      notices.done(text.presence.saved);
      onSaved();
    } catch (error) {
      notices.failed(text.presence.failed, error);
    } finally {
      setSaving(false);
    }
  };

  const removeNote = async () => {
    try {
      await setNote(null, undefined);
      setWritten('');
      if (note)
        notices.undoable(
          text.presence.noteRemoved,
          () => void setNote(note.text, note.until).catch((error) => notices.failed(text.presence.failed, error)),
        );
    } catch (error) {
      notices.failed(text.presence.failed, error);
    }
  };

  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <Field label={label}>
        <RadioGroup value={chosen} onChange={(_, { value }) => setChosen(value as ManualState | 'automatic')}>
          {manualStates.map((each) => (
            <Radio
              key={each}
              value={each}
              label={
                <span className={styles.choice}>
                  <PresenceBadge status={badgeStatus[each]} size="small" aria-hidden />
                  {manualWord(words, each)}
                </span>
              }
            />
          ))}
          <Radio
            value="automatic"
            label={
              <span className={styles.choice}>
                <ArrowSyncCircleRegular aria-hidden />
                {text.presence.automatic}
                <Text size={200} className={styles.quiet}>
                  {text.presence.automaticHint}
                </Text>
              </span>
            }
          />
        </RadioGroup>
      </Field>
      {chosen !== 'automatic' && (
        <EndingField
          label={text.presence.ends}
          value={ending}
          onChange={setEnding}
          error={wrong.state ? text.presence.past : undefined}
        />
      )}
      <Field label={text.presence.note} validationMessage={tooLong ? text.presence.noteTooLong : undefined}>
        <Textarea
          value={written}
          rows={2}
          placeholder={text.presence.notePlaceholder}
          onChange={(_, { value }) => setWritten(value)}
        />
      </Field>
      {written.trim() !== '' && (
        <EndingField
          label={text.presence.noteEnds}
          value={noteEnding}
          onChange={setNoteEnding}
          error={wrong.note ? text.presence.past : undefined}
        />
      )}
      <div className={styles.actions}>
        {note && (
          <Button appearance="subtle" onClick={() => void removeNote()}>
            {text.presence.removeNote}
          </Button>
        )}
        {onCancel && <Button onClick={onCancel}>{text.app.cancel}</Button>}
        <Button type="submit" appearance="primary" disabled={saving}>
          {text.app.save}
        </Button>
      </div>
    </form>
  );
}

function ahead(ending: ChosenEnding, now: number): number | undefined | 'past' {
  try {
    return endOf(ending, now);
  } catch (error) {
    if (error instanceof RangeError) return 'past';
    throw error;
  }
}
