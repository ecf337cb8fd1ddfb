import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { ShownMessage } from '#web/api/index.ts';
import { useWords } from '#web/ui/text.ts';
import { briefly } from './plain-text.ts';

const useStyles = makeStyles({
  text: {
    display: '-webkit-box',
    WebkitLineClamp: '4',
    WebkitBoxOrient: 'vertical',
    overflow: 'hidden',
    overflowWrap: 'anywhere',
    margin: `${tokens.spacingVerticalS} 0`,
    paddingLeft: tokens.spacingHorizontalS,
    borderLeft: `3px solid ${tokens.colorNeutralStroke1}`,
  },
});

export interface DeleteDialogProps {
  readonly message: ShownMessage;
  readonly author: string;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

/** Asks before a message is taken back, because nothing brings it back. */
export function DeleteDialog({ message, author, onDelete, onClose }: DeleteDialogProps) {
  const styles = useStyles();
  const { text, format } = useWords();
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{text.chat.remove.title}</DialogTitle>
          <DialogContent>
            <Text>{text.chat.remove.text}</Text>
            <blockquote className={styles.text}>{briefly(message)}</blockquote>
            <Text size={200}>
              {author} · {format.full(message.at)}
            </Text>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{text.app.cancel}</Button>
            <Button
              appearance="primary"
              onClick={() => {
                onDelete();
                onClose();
              }}
            >
              {text.chat.remove.confirm}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
