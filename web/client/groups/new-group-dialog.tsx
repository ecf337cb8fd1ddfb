import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Radio,
  RadioGroup,
  Switch,
  tokens,
} from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import { type LiveConversation, mostNamed, type UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { go, routeTo } from '#web/client/app/route.ts';
import { useNameOf } from '#web/client/people/person-name.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import type { ChosenPerson } from './chosen-people.ts';
import { errorLine, mostMembers } from './group-errors.ts';
import { PeoplePicker } from './people-picker.tsx';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
});

export interface NewGroupDialogProps {
  /** Those who are chosen at first. */
  readonly members?: readonly UserId[];
  readonly onClose: () => void;
}

/** Begins a group or channel: its name, who is in it and moderates, and whether later members see what was written before. */
export function NewGroupDialog({ members = [], onClose }: NewGroupDialogProps) {
  const styles = useStyles();
  const words = useWords();
  const { text } = words;
  const { groups } = text;
  const { conversations, self, settings } = useWorkspace();
  const nameOf = useNameOf();
  const notices = useNotices();
  const most = mostMembers(useStore(settings));
  const [kind, setKind] = useState<'group' | 'channel'>('group');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly ChosenPerson[]>(members.map((userId) => ({ userId, moderator: false })));
  const [historyVisible, setHistoryVisible] = useState(true);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  // One dialog makes one group, however often it is asked.
  const [entryId] = useState(() => conversations.newEntryId());
  const wanted = name.trim();
  const nameError = wanted === '' ? groups.nameMissing : wanted.length > 100 ? groups.nameTooLong : undefined;
  const tooMany = chosen.length + 1 > most ? groups.tooMany(most) : undefined;
  const peopleError = chosen.length === 0 ? groups.chosenHint : tooMany;

  const finish = async (live: LiveConversation) => {
    const userIds = chosen.map(({ userId }) => userId);
    if (userIds.length > mostNamed) await live.addMembers(userIds.slice(mostNamed));
    for (const { userId, moderator } of chosen) if (moderator) await live.setRole(userId, 'moderator');
  };
  const create = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const first = chosen.slice(0, mostNamed).map(({ userId }) => userId);
      const live = await conversations.createGroup(wanted, first, { kind, historyVisible, entryId });
      onClose();
      go(routeTo(live));
      await finish(live).catch((error: unknown) => notices.failed(groups.actionsFailed, error));
    } catch (error) {
      setFailure(errorLine(error, words, nameOf));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (nameError === undefined && peopleError === undefined && !busy) void create();
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface aria-describedby={undefined}>
        <form onSubmit={submit} noValidate>
          <DialogBody>
            <DialogTitle>{groups.new}</DialogTitle>
            <DialogContent className={styles.content}>
              <Field label={groups.kind} hint={groups.kindHints[kind]}>
                <RadioGroup
                  layout="horizontal"
                  value={kind}
                  onChange={(_, { value }) => setKind(value === 'channel' ? 'channel' : 'group')}
                >
                  <Radio value="group" label={groups.kinds.group} />
                  <Radio value="channel" label={groups.kinds.channel} />
                </RadioGroup>
              </Field>
              <Field
                label={groups.name}
                required
                validationMessage={tried ? nameError : undefined}
                validationState={tried && nameError !== undefined ? 'error' : 'none'}
              >
                <Input value={name} maxLength={100} onChange={(_, { value }) => setName(value)} />
              </Field>
              <PeoplePicker chosen={chosen} onChange={setChosen} present={[self]} error={tried ? peopleError : tooMany} />
              <Field hint={groups.historyHint}>
                <Switch
                  checked={historyVisible}
                  label={groups.history}
                  onChange={(_, { checked }) => setHistoryVisible(checked)}
                />
              </Field>
              {failure !== undefined && (
                <MessageBar intent="error" layout="multiline">
                  <MessageBarBody role="alert">
                    {groups.failed} {failure}
                  </MessageBarBody>
                </MessageBar>
              )}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>{text.app.cancel}</Button>
              <Button type="submit" appearance="primary" disabled={busy}>
                {busy ? groups.creating : groups.create}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
