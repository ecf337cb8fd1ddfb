import type { FileId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { FileRef } from '#shared/protocol/files.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { FilesConfig } from './config.ts';
import { checkExtension, cleanName } from './file-name.ts';
import { toFileRef } from './file-ref.ts';
import { type ContentHash, type FileStore, type HeldUpload, uploadName } from './file-store.ts';
import type { KnownFiles } from './known-files.ts';
import { isPicture, looksLikePicture, mediaTypeOf, sniffedBytes } from './media-type.ts';
import type { PreviewMaker } from './previews.ts';
import type { FileRecord, FileRepository } from './repository.ts';
import type { Scanner } from './scanner.ts';
import type { FileLimits } from './settings.ts';
import type { UploadLocks } from './upload-locks.ts';

export interface UploadServiceOptions {
  readonly store: FileStore & { free(): Promise<number> };
  readonly repository: FileRepository;
  readonly known: KnownFiles;
  readonly locks: UploadLocks;
  readonly limits: () => FileLimits;
  readonly previews: Pick<PreviewMaker, 'make' | 'prepare'>;
  /** Missing: whatever is uploaded counts as clean. */
  readonly scanner: Pick<Scanner, 'add'> | undefined;
  readonly config: FilesConfig;
  readonly clock: Clock;
}

/** What is known of the content of a new file. */
type Kind = Pick<NonNullable<FileRecord['stored']>, 'mediaType' | 'picture'>;

/** Uploads, from their beginning until they are files. Everything throws `UCError`. */
export class UploadService {
  readonly #options: UploadServiceOptions;
  readonly #finishing = new Map<FileId, Promise<FileRef>>();

  constructor(options: UploadServiceOptions) {
    this.#options = options;
  }

  /** Begins an upload; the same again is the same upload. */
  async begin(owner: UserId, { id, name: given, size }: { id: FileId; name: string; size: number }): Promise<FileRecord> {
    const { repository, known, limits, previews, store, clock, config } = this.#options;
    const { maxBytes, blockedExtensions, ...room } = limits();
    const name = cleanName(given);
    checkExtension(name, blockedExtensions);
    if (size > maxBytes)
      throw new UCError('TOO_LARGE', `A file may have ${maxBytes} bytes.`, { field: 'size', details: { maxBytes } });
    if (size > (await store.free())) throw new UCError('STORAGE_UNAVAILABLE', 'The store of files is full.', { field: 'size' });
    if (looksLikePicture(name) && size <= config.previewBytes) previews.prepare();
    const at = clock.wallMs();
    return known.put(await repository.begin({ id, owner, name, size }, { ...room, at, lookAt: this.#unfinishedUntil() }));
  }

  /** An upload or file of this user. @throws UCError `NOT_FOUND`. */
  async own(owner: UserId, id: FileId): Promise<FileRecord> {
    const { known, repository } = this.#options;
    const record = await repository.find(id).catch((error: unknown) => {
      // While SQL is away, what is remembered must do, so that an upload goes on.
      const remembered = known.get(id);
      if (remembered === undefined) throw error;
      return remembered;
    });
    if (record?.owner !== owner) throw new UCError('NOT_FOUND', undefined, { field: 'fileId' });
    return known.put(record);
  }

  /** Takes an upload for writing. */
  hold(id: FileId): Promise<HeldUpload> {
    return this.#options.store.hold(uploadName(id));
  }

  /** An upload that goes on is kept. While SQL is away it is kept anyway. */
  async keep(id: FileId): Promise<void> {
    await this.#options.repository.keep([id], this.#unfinishedUntil()).catch(() => undefined);
  }

  /** Makes a file of a complete upload; of requests that come together, one does it. */
  finish(owner: UserId, id: FileId): Promise<FileRef> {
    const running = this.#finishing.get(id) ?? this.#finish(owner, id).finally(() => this.#finishing.delete(id));
    this.#finishing.set(id, running);
    return running;
  }

  /** Deletes an upload, or a file to which no message refers. */
  async remove(owner: UserId, id: FileId): Promise<void> {
    const { known, repository, locks, clock } = this.#options;
    const record = await this.own(owner, id).catch((error: unknown) => {
      if (!(error instanceof UCError && error.code === 'NOT_FOUND')) throw error;
    });
    if (record === undefined) return;
    const letGo = await locks.take(id, () => undefined);
    try {
      if (record.stored === undefined) await this.discard(id);
      if (!(await repository.remove(id, clock.wallMs())))
        throw new UCError('FORBIDDEN', 'A message refers to this file.', { field: 'params.fileId' });
      known.delete(id);
    } finally {
      letGo();
    }
  }

  /** Deletes the bytes of an upload. */
  async discard(id: FileId): Promise<void> {
    const held = await this.hold(id);
    await held.discard();
  }

  async #finish(owner: UserId, id: FileId): Promise<FileRef> {
    const { locks, repository, scanner, known } = this.#options;
    const before = await this.own(owner, id);
    if (before.stored !== undefined) {
      // Asked again, it may be because the upload could not be deleted the first time.
      await this.discard(id).catch(() => undefined);
      return toFileRef(before, before.stored);
    }
    const letGo = await locks.take(id, () => undefined);
    try {
      // Another server may have made a file of it meanwhile.
      const upload = await repository.find(id);
      if (upload === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.fileId' });
      const record = known.put(upload.stored === undefined ? await this.#store(upload) : upload);
      if (record.stored === undefined) throw new Error('a finished upload is no file');
      if (scanner !== undefined && (await repository.scanState(record.stored.hash)) === 'scanning')
        scanner.add(record.stored.hash);
      return toFileRef(record, record.stored);
    } finally {
      letGo();
    }
  }

  async #store({ id, size }: FileRecord): Promise<FileRecord> {
    const { repository, clock, config, scanner, store } = this.#options;
    const held = await this.hold(id);
    try {
      if (held.length !== size)
        throw new UCError('OFFSET_CONFLICT', `${size - held.length} bytes are missing.`, { details: { offset: held.length } });
      const hash = await held.commit();
      const { mediaType, picture } = await this.#kindOf(hash, size);
      const at = clock.wallMs();
      const record = await repository.finish({
        ...{ id, hash, mediaType, width: picture?.width ?? null, height: picture?.height ?? null },
        ...{ scanState: scanner === undefined ? 'clean' : 'scanning', at, lookAt: at + config.graceMs },
      });
      if (record === undefined) throw new UCError('NOT_FOUND', undefined, { field: 'params.fileId' });
      // The same content may have been on its way out when it was found to be there; now it is known to be wanted.
      if ((await store.size({ hash })) === undefined) await held.commit();
      await held.discard();
      return record;
    } catch (error) {
      await held.release().catch(() => undefined);
      throw error;
    }
  }

  async #kindOf(hash: ContentHash, size: number): Promise<Kind> {
    const { store, previews, config } = this.#options;
    const beginning = await gathered(await store.read({ hash }, 0, sniffedBytes - 1));
    const mediaType = mediaTypeOf(beginning);
    if (!isPicture(mediaType) || size > config.previewBytes) return { mediaType, picture: undefined };
    const made = await previews.make(await gathered(await store.read({ hash }, 0, size - 1)));
    if (made === undefined) return { mediaType, picture: undefined };
    const { width, height, small, large } = made;
    await store.putPreview(hash, 'small', small);
    await store.putPreview(hash, 'large', large);
    return { mediaType, picture: { width, height } };
  }

  #unfinishedUntil(): number {
    return this.#options.clock.wallMs() + this.#options.config.unfinishedMs;
  }
}

async function gathered(chunks: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  return Buffer.concat(chunks === undefined ? [] : await Array.fromAsync(chunks));
}
