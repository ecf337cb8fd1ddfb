import { UCError } from '#shared/protocol/errors.ts';
import type { Dispatcher } from '#ucserver/gateway/index.ts';
import type { FileService } from './service.ts';
import type { UploadService } from './upload-service.ts';

/** What clients can ask about files. */
export function registerFileMethods(
  dispatcher: Pick<Dispatcher, 'register'>,
  { files, uploads }: { readonly files: FileService; readonly uploads: UploadService },
): void {
  dispatcher.register('files.limits', (_params, { userId }) => files.limits(userId));
  dispatcher.register('files.finish', ({ fileId }, { userId }) => uploads.finish(userId, fileId));
  dispatcher.register('files.remove', async ({ fileId }, { userId }) => {
    await uploads.remove(userId, fileId);
    return {};
  });
  dispatcher.register('files.link', (params, { userId }) => files.link(userId, params));
  dispatcher.register('files.status', (params, { userId }) => files.status(userId, params));
}

/** What clients are answered where no files are kept. */
export function refuseFileMethods(dispatcher: Pick<Dispatcher, 'register'>): void {
  const refuse = (): never => {
    throw noFiles();
  };
  dispatcher.register('files.limits', () => ({
    ...{ available: false, maxBytes: 0, quotaBytes: 0, usedBytes: 0, blockedExtensions: [] },
  }));
  for (const method of ['files.finish', 'files.remove', 'files.link', 'files.status'] as const)
    dispatcher.register(method, refuse);
}

export function noFiles(): UCError {
  return new UCError('FORBIDDEN', 'This company keeps no files.');
}
