import { type ReactNode, useState } from 'react';
import { type Called, type EntryId, type LiveConversation, type ShownMessage, UCError, type UserId } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { DetailsDialog } from './details-dialog.tsx';
import { ForwardDialog } from './forward-dialog.tsx';
import { useRights } from './may-write.ts';

/** What can be done with a message; `undefined` where this user may not. */
export interface MessageActs {
  readonly reply: (() => void) | undefined;
  readonly react: ((emoji: string, on: boolean) => void) | undefined;
  readonly edit: (() => void) | undefined;
  readonly remove: (() => void) | undefined;
  readonly copy: (() => void) | undefined;
  readonly forward: (() => void) | undefined;
  readonly details: (() => void) | undefined;
}

export interface MessageActing {
  readonly of: (message: ShownMessage) => MessageActs;
  /** Shows a message of this conversation, wherever it stands. */
  readonly jumpTo: (entryId: EntryId) => void;
  readonly dialog: ReactNode;
}

type Asking = { readonly what: 'delete' | 'forward' | 'details'; readonly message: ShownMessage };

/** Everything people do with messages of one conversation, and the dialogs that takes. */
export function useMessageActs(live: LiveConversation, nameOf: (userId: UserId) => string): MessageActing {
  const { self, drafts } = useWorkspace();
  const { text } = useWords();
  const notices = useNotices();
  const rights = useRights(live);
  const [asking, setAsking] = useState<Asking>();
  const draft = drafts.of(live.id);

  const tried = async (act: () => Promise<void>, failure: string) => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      notices.failed(failure, error);
    }
  };
  const copy = (written: string) =>
    navigator.clipboard.writeText(written).then(
      () => notices.done(text.chat.acts.copied),
      () => notices.failed(text.chat.acts.copyFailed, new UCError('FORBIDDEN')),
    );
  const calledBy = ({ mentions }: ShownMessage): readonly Called[] => {
    if (mentions === undefined) return [];
    if (mentions === 'everybody') return [{ userId: 'everybody', name: text.chat.everybody }];
    return mentions.map((userId) => ({ userId, name: nameOf(userId) }));
  };

  const of = (message: ShownMessage): MessageActs => {
    const { entryId, author, text: written, seq, forwarded } = message;
    const own = author === self;
    const isThere = written !== undefined;
    const when = (allowed: boolean, act: () => void) => (allowed ? act : undefined);
    return {
      reply: when(isThere && rights.write, () => draft.set({ ...draft.value, editing: undefined, replyTo: entryId })),
      react:
        isThere && rights.react
          ? (emoji, on) => void tried(() => live.react(entryId, emoji, on), text.chat.acts.failed)
          : undefined,
      edit: when(isThere && own && rights.write && forwarded === undefined, () =>
        draft.set({ ...draft.value, editing: { target: entryId, text: written ?? '', called: calledBy(message) } }),
      ),
      remove: when(isThere && (own || rights.moderate), () => setAsking({ what: 'delete', message })),
      copy: when(isThere && written !== '', () => void copy(written ?? '')),
      forward: when(isThere, () => setAsking({ what: 'forward', message })),
      details: when(seq !== undefined, () => setAsking({ what: 'details', message })),
    };
  };
  const jumpTo = (entryId: EntryId) => {
    const seq = live.message(entryId)?.seq;
    if (seq !== undefined) void tried(() => live.openAt(seq), text.chat.failed);
  };
  const close = () => setAsking(undefined);
  const dialogs: Readonly<Record<Asking['what'], (message: ShownMessage) => ReactNode>> = {
    delete: (message) => (
      <DeleteDialog
        message={message}
        author={nameOf(message.author)}
        onClose={close}
        onDelete={() => void tried(() => live.takeBack(message.entryId), text.chat.acts.failed)}
      />
    ),
    forward: (message) => <ForwardDialog from={live} message={message} onClose={close} />,
    details: (message) => <DetailsDialog live={live} message={message} nameOf={nameOf} onClose={close} />,
  };
  return { of, jumpTo, dialog: asking && dialogs[asking.what](asking.message) };
}
