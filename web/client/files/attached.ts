import type { ClipboardEvent } from 'react';
import { type FileRef, type FileUpload, type LiveConversation, NoServerAnswered, UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { messageLimits } from '#web/client/chat/message-limits.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useStore } from '#web/ui/store.ts';
import { useWords } from '#web/ui/text.ts';

/** The files that go with the next message of a conversation. */
export interface Attached {
  /** This company keeps files. */
  readonly isPossible: boolean;
  readonly uploads: readonly FileUpload[];
  /** Some are not uploaded yet. */
  readonly isUnderWay: boolean;
  readonly hasFailed: boolean;
  /** A message waits for them. */
  readonly isQueued: boolean;
  readonly add: (files: readonly File[]) => void;
  readonly remove: (upload: FileUpload) => void;
  /** Hands them over to the message that is sent now. */
  readonly take: () => readonly FileRef[] | undefined;
  /** Sends as soon as all are uploaded, also when another conversation is shown then; not if one fails. */
  readonly queue: (send: () => void) => void;
  /** What waits is not sent. */
  readonly unqueue: () => void;
  /** Takes pictures and files out of what is pasted. */
  readonly paste: (event: ClipboardEvent) => void;
}

export function useAttached({ id }: Pick<LiveConversation, 'id'>): Attached {
  const { attachments, fileLimits, settings } = useWorkspace();
  const { files: mostFiles } = messageLimits(useStore(settings));
  const limits = useStore(fileLimits);
  const { text } = useWords();
  const notices = useNotices();
  const uploads = useStore(attachments.of(id));
  const queued = attachments.queuedOf(id);
  const isQueued = useStore(queued) !== undefined;
  const add = async (files: readonly File[]) => {
    try {
      if (!(await attachments.add(id, files, mostFiles))) notices.failed(text.files.tooMany(mostFiles), new UCError('TOO_LARGE'));
    } catch (error) {
      if (!(error instanceof UCError || error instanceof NoServerAnswered)) throw error;
      notices.failed(text.files.phases.failed, error instanceof UCError ? error : new UCError('STORAGE_UNAVAILABLE'));
    }
  };
  return {
    isPossible: mostFiles > 0 && (limits === undefined || limits === 'failed' || limits.available),
    uploads,
    isUnderWay: uploads.some(({ phase }) => phase !== 'done'),
    hasFailed: uploads.some(({ phase }) => phase === 'failed'),
    isQueued,
    add: (files) => void add(files),
    remove: (upload) => attachments.remove(id, upload),
    take: () => attachments.take(id),
    queue: (send) => queued.set(send),
    unqueue: () => queued.set(undefined),
    paste(event) {
      const files = [...event.clipboardData.files];
      if (files.length === 0) return;
      event.preventDefault();
      void add(files);
    },
  };
}
