import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';

interface RemovePhoneDialogProps {
  readonly phone: { readonly id: string; readonly name: string };
  readonly onClose: () => void;
}

/** Asks before a phone is taken away: its password is gone for good. */
export function RemovePhoneDialog({ phone: { id, name }, onClose }: RemovePhoneDialogProps) {
  const { text } = useWords();
  const words = text.phones;
  const { client } = useWorkspace();
  const notices = useNotices();
  const remove = async () => {
    try {
      await client.call('phones.revoke', { id });
      notices.done(words.removed(name));
    } catch (error) {
      notices.failed(words.removeFailed, error);
    }
    onClose();
  };
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.removeSure(name)}</DialogTitle>
          <DialogContent>{words.removeText}</DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{words.cancel}</Button>
            <Button appearance="primary" onClick={() => void remove()}>
              {words.remove}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
