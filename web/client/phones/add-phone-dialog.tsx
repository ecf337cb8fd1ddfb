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
} from '@fluentui/react-components';
import { type FormEvent, useState } from 'react';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import type { NewPhone } from './phones-part.tsx';

/** Asks for a name, and makes a phone of it. */
export function AddPhoneDialog({ onClose, onAdded }: { onClose: () => void; onAdded: (phone: NewPhone) => void }) {
  const { text } = useWords();
  const words = text.phones;
  const { client } = useWorkspace();
  const notices = useNotices();
  const [name, setName] = useState('');
  const [isMissing, setMissing] = useState(false);
  const [isWorking, setWorking] = useState(false);

  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') {
      setMissing(true);
      return;
    }
    setWorking(true);
    try {
      onAdded(await client.call('phones.create', { name: name.trim() }));
    } catch (error) {
      notices.failed(words.createFailed, error);
      setWorking(false);
    }
  };

  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <form onSubmit={(event) => void add(event)}>
          <DialogBody>
            <DialogTitle>{words.add}</DialogTitle>
            <DialogContent>
              <Field
                label={words.name}
                hint={words.nameHint}
                {...(isMissing ? { validationMessage: words.nameMissing, validationState: 'error' as const } : {})}
              >
                <Input
                  value={name}
                  maxLength={100}
                  onChange={(_, { value }) => {
                    setName(value);
                    setMissing(false);
                  }}
                />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>{words.cancel}</Button>
              <Button appearance="primary" type="submit" disabled={isWorking}>
                {words.create}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
