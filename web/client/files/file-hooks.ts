import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { type FileRef, type FileState, NoServerAnswered, UCError } from '#web/api/index.ts';
import { useWorkspace } from '#web/client/app/hooks.ts';
import { useNotices } from '#web/ui/notices.tsx';
import { useWords } from '#web/ui/text.ts';

/** Whether a file can be had; asked for as long as something shows it. */
export function useFileState({ fileId }: Pick<FileRef, 'fileId'>): FileState | undefined {
  const { fileStates } = useWorkspace();
  return useSyncExternalStore(
    useCallback((changed) => fileStates.watch(fileId, changed), [fileStates, fileId]),
    () => fileStates.get(fileId),
  );
}

/** A preview of a picture; `failed` when it cannot be had. `wanted` says that it may be asked for now. */
export function usePreview(file: FileRef, size: 'small' | 'large', wanted: boolean): string | 'failed' | undefined {
  const { files } = useWorkspace();
  const [shown, setShown] = useState<string>();
  const { fileId } = file;
  useEffect(() => {
    if (!wanted) return;
    let url: string | undefined;
    let isOver = false;
    files.preview({ fileId }, size).then(
      (picture) => {
        if (isOver) return;
        url = URL.createObjectURL(picture);
        setShown(url);
      },
      (error: unknown) => {
        if (!isFailure(error)) throw error;
        if (!isOver) setShown('failed');
      },
    );
    return () => {
      isOver = true;
      setShown(undefined);
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [files, fileId, size, wanted]);
  return shown;
}

/** Has the browser save a file. */
export function useDownload(): (file: FileRef) => Promise<void> {
  const { files } = useWorkspace();
  const notices = useNotices();
  const { text } = useWords();
  return async ({ fileId, name }) => {
    try {
      const link = document.createElement('a');
      link.href = await files.link(fileId);
      link.download = name;
      link.click();
    } catch (error) {
      if (!isFailure(error)) throw error;
      notices.failed(text.files.downloadFailed, error instanceof UCError ? error : new UCError('STORAGE_UNAVAILABLE'));
    }
  };
}

function isFailure(error: unknown): boolean {
  return error instanceof UCError || error instanceof NoServerAnswered;
}
