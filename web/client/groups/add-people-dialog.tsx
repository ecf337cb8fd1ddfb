import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  MessageBar,
  MessageBarBody,
} from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import type { LiveConversation } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNameOf } from '#web/client/people/person-name.ts';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';
import type { ChosenPerson } from './chosen-people.ts';
import { errorLine, mostMembers } from './group-errors.ts';
import { PeoplePicker } from './people-picker.tsx';

/** Adds people to a group, some of them as moderators. */
export function AddPeopleDialog({ live, onClose }: { readonly live: LiveConversation; readonly onClose: () => void }) {
  const words = useWords();
  const { text } = words;
  const { groups } = text;
  const { settings } = useWorkspace();
  const nameOf = useNameOf();
  const most = mostMembers(useStore(settings));
  const [chosen, setChosen] = useState<readonly ChosenPerson[]>([]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const { members } = live.log;
  const tooMany = members.length + chosen.length > most ? groups.full(most) : undefined;

  const add = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await live.addMembers(chosen.map(({ userId }) => userId));
      for (const { userId, moderator } of chosen) if (moderator) await live.setRole(userId, 'moderator');
      onClose();
    } catch (error) {
      setFailure(errorLine(error, words, nameOf));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen.length > 0 && tooMany === undefined && !busy) void add();
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface aria-describedby={undefined}>
        <form onSubmit={submit} noValidate>
          <DialogBody>
            <DialogTitle>{groups.add}</DialogTitle>
            <DialogContent>
              <PeoplePicker chosen={chosen} onChange={setChosen} present={members} error={tooMany} />
              {failure !== undefined && (
                <MessageBar intent="error" layout="multiline">
                  <MessageBarBody role="alert">{failure}</MessageBarBody>
                </MessageBar>
              )}
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>{text.app.cancel}</Button>
              <Button type="submit" appearance="primary" disabled={busy || chosen.length === 0 || tooMany !== undefined}>
                {busy ? groups.adding : groups.add}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
