import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import type { LiveConversation } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { titleOf } from './group-avatar.tsx';

/** Asks before one leaves a group, because one cannot come back alone. */
export function LeaveDialog({ live, onClose }: { readonly live: LiveConversation; readonly onClose: () => void }) {
  const { text } = useWords();
  const { self } = useWorkspace();
  const notices = useNotices();
  const { groups } = text;
  const { members, moderators } = live.log;
  const isLast = moderators.length === 1 && moderators.includes(self) && members.length > 1;
  const leave = () => {
    onClose();
    live.leave().catch((error: unknown) => notices.failed(groups.actionsFailed, error));
  };
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{groups.leaveTitle(titleOf(live))}</DialogTitle>
          <DialogContent>
            {groups.leaveHint} {isLast && groups.leaveLast}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{text.app.cancel}</Button>
            <Button appearance="primary" onClick={leave}>
              {groups.leave}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
