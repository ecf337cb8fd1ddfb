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
import { useWords } from '#web/ui/text.ts';

export interface GroupDialogProps {
  readonly title: string;
  readonly name?: string;
  readonly onSave: (name: string) => void;
  readonly onClose: () => void;
}

/** Asks for the name of an own group. */
export function GroupDialog({ title, name = '', onSave, onClose }: GroupDialogProps) {
  const { text } = useWords();
  const [written, setWritten] = useState(name);
  const wanted = written.trim();
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (wanted === '') return;
    onSave(wanted);
    onClose();
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface aria-describedby={undefined}>
        <form onSubmit={save}>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent>
              <Field label={text.contacts.groupName} required>
                <Input value={written} maxLength={100} onChange={(_, { value }) => setWritten(value)} />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>{text.app.cancel}</Button>
              <Button type="submit" appearance="primary" disabled={wanted === ''}>
                {text.app.save}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
