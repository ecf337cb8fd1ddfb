import type { FileId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { FileRef, FileState } from '#shared/protocol/files.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { FilesConfig } from './config.ts';
import { toFileRef } from './file-ref.ts';
import type { FileStore } from './file-store.ts';
import type { KnownFiles } from './known-files.ts';
import type { FileLinks } from './links.ts';
import type { FileRecord, FileRepository, StoredFile } from './repository.ts';
import type { FileLimits } from './settings.ts';

export interface FileServiceOptions {
  readonly store: Pick<FileStore, 'size'>;
  readonly repository: FileRepository;
  readonly known: KnownFiles;
  readonly links: FileLinks;
  readonly limits: () => FileLimits;
  readonly config: FilesConfig;
  readonly clock: Clock;
}

/** When to ask again for a file that is being scanned, ms. */
const scanningRetryMs = 2_000;

/** Who may have which file. Everything throws `UCError`. */
export class FileService {
  readonly #options: FileServiceOptions;

  constructor(options: FileServiceOptions) {
    this.#options = options;
  }

  async limits(userId: UserId): Promise<Result<'files.limits'>> {
    const { repository, limits } = this.#options;
    const { maxBytes, quotaBytes, blockedExtensions } = limits();
    const usedBytes = await repository.usedBytes(userId);
    return { available: true, maxBytes, quotaBytes, usedBytes, blockedExtensions: [...blockedExtensions] };
  }

  /** What a message of this author is to say of their files, which are kept from now on. */
  async forMessage(fileIds: readonly FileId[], author: UserId): Promise<FileRef[]> {
    const records = await this.#kept(fileIds);
    return fileIds.map((fileId, index) => {
      const record = records.find(({ id }) => id === fileId);
      if (record?.owner !== author || record.stored === undefined)
        throw new UCError('NOT_FOUND', undefined, { field: `params.body.files.${index}` });
      return toFileRef(record, record.stored);
    });
  }

  async link(userId: UserId, { fileId, variant }: Params<'files.link'>): Promise<Result<'files.link'>> {
    const { store, links } = this.#options;
    const { record, stored } = await this.#readable(userId, fileId);
    const state = await this.#stateOf(stored);
    if (state === 'refused') throw new UCError('FILE_REFUSED');
    if (state === 'scanning') throw new UCError('FILE_SCANNING', undefined, { retryAfterMs: scanningRetryMs });
    const { hash } = stored;
    const size = await store.size(variant === 'content' ? { hash } : { hash, preview: variant });
    if (state === 'gone' || size === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.fileId' });
    const { token, endsAt } = links.write({ hash, variant, name: record.name, type: stored.mediaType, size });
    return { path: `${httpPaths.fileContent}${token}`, endsAt };
  }

  async status(userId: UserId, { fileIds }: Params<'files.status'>): Promise<Result<'files.status'>> {
    const files = await Promise.all(
      fileIds.map(async (fileId) => {
        const found = await this.#readable(userId, fileId).catch((error: unknown) => {
          if (!(error instanceof UCError && error.code === 'NOT_FOUND')) throw error;
        });
        const state = found === undefined ? 'gone' : await this.#stateOf(found.stored);
        return { fileId, state };
      }),
    );
    return { files };
  }

  /** Nobody has a file before it was scanned, its owner neither: a link serves whoever gets hold of it. */
  async #stateOf({ hash }: StoredFile): Promise<FileState> {
    const scan = await this.#options.repository.scanState(hash);
    if (scan === undefined) return 'gone';
    return scan === 'clean' ? 'ready' : scan;
  }

  async #readable(userId: UserId, fileId: FileId): Promise<{ readonly record: FileRecord; readonly stored: StoredFile }> {
    const { repository } = this.#options;
    const record = await repository.find(fileId);
    const isReadable = record !== undefined && (record.owner === userId || (await repository.isShared(fileId, userId)));
    if (!isReadable || record.stored === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.fileId' });
    return { record, stored: record.stored };
  }

  /** While SQL is away, what is remembered must do; nothing is deleted until what was accepted then is in SQL. */
  async #kept(fileIds: readonly FileId[]): Promise<FileRecord[]> {
    const { repository, known, config, clock } = this.#options;
    try {
      return await repository.keep(fileIds, clock.wallMs() + config.graceMs);
    } catch (error) {
      const remembered = fileIds.map((id) => known.get(id)).filter((record) => record !== undefined);
      if (remembered.length < fileIds.length) throw error;
      return remembered;
    }
  }
}
