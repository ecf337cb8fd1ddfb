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
import type { LiveConversation, ShownMessage, UserId } from '#web/api/index.ts';
import { useWords } from '#web/ui/text.ts';
import { FormattedText } from './formatted-text.tsx';
import { usePositions } from './read-positions.ts';
import { type ReadState, readStateOf } from './read-state.ts';

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

/** Names that are told one by one in each part; the rest is counted. */
const mostNames = 40;

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
  const { seq, earlier, reactions } = message;
  const positions = usePositions(live);
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
            {positions === undefined && <Text role="status">{details.loading}</Text>}
            {positions === 'failed' && <Text role="alert">{details.failed}</Text>}
            {typeof positions === 'object' && (
              <People
                state={readStateOf(
                  live.log.members.filter((userId) => userId !== message.author),
                  positions,
                  seq,
                )}
                nameOf={nameOf}
              />
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

function People({ state, nameOf }: { readonly state: ReadState; readonly nameOf: DetailsDialogProps['nameOf'] }) {
  const { text, format } = useWords();
  const { details } = text.chat;
  const { read, delivered, waiting } = state;
  const names = (userIds: readonly UserId[]) => {
    const told = userIds
      .map(nameOf)
      .sort((one, other) => format.compare(one, other))
      .slice(0, mostNames);
    const rest = userIds.length - told.length;
    return rest > 0 ? `${told.join(', ')} ${details.more(rest)}` : format.list(told);
  };
  return (
    <>
      <Part title={details.readBy(read.length)}>{read.length === 0 ? details.nobody : names(read)}</Part>
      {delivered.length > 0 && <Part title={details.deliveredTo(delivered.length)}>{names(delivered)}</Part>}
      {waiting.length > 0 && <Part title={details.notYet(waiting.length)}>{names(waiting)}</Part>}
    </>
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
