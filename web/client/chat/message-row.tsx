import { Divider, makeStyles, tokens } from '@fluentui/react-components';
import type { EntryId, LiveConversation, ShownMessage, UserId } from '#web/api/index.ts';
import { useNow, useWorkspace } from '#web/client/app/hooks.ts';
import { MessageFiles } from '#web/client/files/message-files.tsx';
import { GroupNotice } from '#web/client/groups/group-notice.tsx';
import { Readers } from '#web/client/groups/readers.tsx';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { goneWords } from './gone-words.ts';
import type { MessageActing } from './message-acts.tsx';
import { MessageBubble } from './message-bubble.tsx';
import { MessageFailure } from './message-failure.tsx';
import { MessageItem } from './message-item.tsx';
import type { MessageRow as Row } from './message-rows.ts';
import type { MessageState } from './message-state.tsx';
import { Reactions } from './reactions.tsx';
import { ReplyQuote } from './reply-quote.tsx';

const useStyles = makeStyles({
  row: { paddingTop: tokens.spacingVerticalM },
  joined: { paddingTop: '2px' },
  divider: { flexGrow: 0, paddingBottom: tokens.spacingVerticalM },
});

export interface MessageRowProps {
  readonly live: LiveConversation;
  readonly row: Row;
  readonly acting: MessageActing;
  readonly nameOf: (userId: UserId) => string;
  /** Who has read up to this row. */
  readonly readers: readonly UserId[] | undefined;
}

/** One row of a conversation: perhaps a new day, perhaps where what is new begins, then a message or a notice. */
export function MessageRow({ live, row, acting, nameOf, readers }: MessageRowProps) {
  const styles = useStyles();
  const { text, format } = useWords();
  const now = useNow();
  return (
    <div className={row.kind !== 'notice' && row.joined ? styles.joined : styles.row}>
      {row.day !== undefined && <Divider className={styles.divider}>{format.day(row.day, now)}</Divider>}
      {row.isFirstNew && (
        <Divider className={styles.divider} appearance="brand">
          {text.chat.newMessages}
        </Divider>
      )}
      {row.kind === 'notice' && <GroupNotice entry={row.entry} nameOf={nameOf} />}
      {row.kind === 'outgoing' && <OutgoingMessage live={live} row={row} nameOf={nameOf} acting={acting} />}
      {row.kind === 'message' && <StoredMessage live={live} row={row} nameOf={nameOf} acting={acting} />}
      {readers && <Readers userIds={readers} nameOf={nameOf} />}
    </div>
  );
}

type PartProps<K extends Row['kind']> = Pick<MessageRowProps, 'live' | 'acting' | 'nameOf'> & {
  readonly row: Extract<Row, { readonly kind: K }>;
};

function StoredMessage({ live, row, acting, nameOf }: PartProps<'message'>) {
  const { text, format } = useWords();
  const { self } = useWorkspace();
  const { message, joined } = row;
  const own = message.author === self;
  const author = own ? text.chat.own : nameOf(message.author);
  const acts = acting.of(message);
  return (
    <MessageItem own={own} acts={acts} label={text.chat.message(author, format.time(message.at))}>
      {(toolbar) => (
        <MessageBubble
          toolbar={toolbar}
          written={message.text}
          gone={goneWords(message, live.log, text)}
          called={calledNames(message.mentions, nameOf, text.chat.everybody)}
          editedAt={message.editedAt}
          forwardedFrom={message.forwarded && nameOf(message.forwarded.author)}
          at={message.at}
          author={author}
          own={own}
          joined={joined}
          state={stateOf(live, message, own)}
          quote={message.replyTo && <Quote live={live} replyTo={message.replyTo} nameOf={nameOf} acting={acting} />}
          attachments={message.files && <MessageFiles files={message.files} />}
          below={message.reactions.length > 0 && <Reactions reactions={message.reactions} nameOf={nameOf} onReact={acts.react} />}
        />
      )}
    </MessageItem>
  );
}

function stateOf(live: LiveConversation, { seq, isChanging }: ShownMessage, own: boolean): MessageState | undefined {
  if (isChanging) return 'changing';
  if (!own) return undefined;
  return seq === undefined ? 'pending' : live.delivery(seq);
}

function OutgoingMessage({ live, row, acting, nameOf }: PartProps<'outgoing'>) {
  const { text } = useWords();
  const notices = useNotices();
  const { message, joined } = row;
  const { entryId, text: written, mentions, replyTo, files, state, error } = message;
  const discard = () => {
    live.discard(entryId);
    notices.undoable(text.chat.discarded, () => live.send(written, { mentions, replyTo, files }));
  };
  return (
    <MessageBubble
      written={written}
      called={calledNames(mentions, nameOf, text.chat.everybody)}
      at={message.at}
      author={text.chat.own}
      own
      joined={joined}
      state={state}
      quote={replyTo && <Quote live={live} replyTo={replyTo} nameOf={nameOf} acting={acting} />}
      attachments={files && <MessageFiles files={files} />}
      below={state === 'failed' && <MessageFailure error={error} onRetry={() => live.retry(entryId)} onDiscard={discard} />}
    />
  );
}

interface QuoteProps extends Pick<MessageRowProps, 'live' | 'acting' | 'nameOf'> {
  readonly replyTo: EntryId;
}

function Quote({ live, replyTo, acting, nameOf }: QuoteProps) {
  const { text } = useWords();
  const message = live.message(replyTo);
  return (
    <ReplyQuote
      message={message}
      gone={message ? goneWords(message, live.log, text) : ''}
      author={message ? nameOf(message.author) : ''}
      onJump={() => acting.jumpTo(replyTo)}
    />
  );
}

function calledNames(
  mentions: ShownMessage['mentions'],
  nameOf: (userId: UserId) => string,
  everybody: string,
): readonly string[] {
  if (mentions === undefined) return [];
  return mentions === 'everybody' ? [everybody] : mentions.map(nameOf);
}
