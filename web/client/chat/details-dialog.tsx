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
import { maxToldPositions } from '#shared/protocol/chat.ts';
import type { LiveConversation, ShownMessage, UserId } from '#web/api/index.ts';
import { useWords } from '#web/ui/text.ts';
import { FormattedText } from './formatted-text.tsx';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  heading: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  version: {
    margin: `${tokens.spacingVerticalXS} 0`,
    paddingLeft: tokens.spacingHorizontalS,
    borderLeft: `3px solid ${tokens.colorNeutralStroke1}`,
    overflowWrap: 'anywhere',
  },
  quiet: { color: tokens.colorNeutralForeground3 },
});

export interface DetailsDialogProps {
  readonly live: LiveConversation;
  readonly message: ShownMessage;
  readonly nameOf: (userId: UserId) => string;
  readonly onClose: () => void;
}

/** Who has got and read a message, and what stood there before it was edited. */
export function DetailsDialog({ live, message, nameOf, onClose }: DetailsDialogProps) {
  const styles = useStyles();
  const { text, format } = useWords();
  const { details } = text.chat;
  const { members, positions } = live.log;
  const { seq = Number.POSITIVE_INFINITY, earlier, reactions } = message;
  const others = members.filter((userId) => userId !== message.author);
  const read = others.filter((userId) => (positions.get(userId)?.read ?? 0) >= seq);
  const delivered = others.filter((userId) => !read.includes(userId) && (positions.get(userId)?.delivered ?? 0) >= seq);
  const waiting = others.filter((userId) => !read.includes(userId) && !delivered.includes(userId));
  const names = (userIds: readonly UserId[]) => (userIds.length === 0 ? details.nobody : format.list(userIds.map(nameOf)));
  const isTold = members.length <= maxToldPositions;
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface aria-describedby={undefined}>
        <DialogBody>
          <DialogTitle>{details.title}</DialogTitle>
          <DialogContent className={styles.content}>
            <Text className={styles.quiet}>
              {nameOf(message.author)} · {details.sent(format.full(message.at))}
              {message.editedAt !== undefined && ` · ${text.chat.editedAt(format.full(message.editedAt))}`}
            </Text>
            {isTold ? (
              <>
                <Part title={details.readBy}>{names(read)}</Part>
                {delivered.length > 0 && <Part title={details.deliveredTo}>{names(delivered)}</Part>}
                {waiting.length > 0 && <Part title={details.notYet}>{names(waiting)}</Part>}
              </>
            ) : (
              <Text>{details.tooMany}</Text>
            )}
            {reactions.length > 0 && (
              <Part title={details.reactions}>
                {reactions.map(({ emoji, users }) => text.chat.reaction(emoji, format.list(users.map(nameOf)))).join('; ')}
              </Part>
            )}
            {earlier.length > 0 && (
              <section>
                <h3 className={styles.heading}>{details.history}</h3>
                {earlier.map((written, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: texts of the past stay where they are.
                  <div key={index} className={styles.version}>
                    <FormattedText written={written} called={[]} />
                  </div>
                ))}
                <h3 className={styles.heading}>{details.present}</h3>
                <div className={styles.version}>
                  <FormattedText written={message.text ?? ''} called={[]} />
                </div>
              </section>
            )}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              {text.app.close}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: string }) {
  const styles = useStyles();
  return (
    <section>
      <h3 className={styles.heading}>{title}</h3>
      <Text>{children}</Text>
    </section>
  );
}
