import { DataStore, type Lock, type Locker, Server, Upload } from '@tus/server';
import { type FileId, fileIdSchema, type UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { uploadMetadataNames } from '#shared/protocol/files.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import type { HeldUpload } from './file-store.ts';
import type { KnownFiles } from './known-files.ts';
import type { UploadLocks } from './upload-locks.ts';
import type { UploadService } from './upload-service.ts';

export interface TusUploadsOptions {
  readonly uploads: UploadService;
  readonly locks: UploadLocks;
  readonly known: KnownFiles;
}

/** A request that was asked to let go of its upload gets so long to write what it has received, ms. */
const drainMs = 500;

/** The tus protocol over our uploads: it decides what a request means, we decide who may and where bytes go. */
export class TusUploads {
  readonly #tus: Server;
  readonly #uploads: UploadService;
  readonly #users = new WeakMap<Request, UserId>();
  readonly #failures = new WeakMap<Request, unknown>();

  constructor({ uploads, locks, known }: TusUploadsOptions) {
    this.#uploads = uploads;
    const held = new Map<FileId, HeldUpload>();
    this.#tus = new Server({
      path: httpPaths.uploads,
      relativeLocation: true,
      datastore: new UploadStore(held, known),
      locker: uploadLocker({ uploads, locks, known, held }),
      lockDrainTimeout: drainMs,
      namingFunction: (_request, metadata) => idOf(metadata?.[uploadMetadataNames.fileId] ?? undefined, 'BAD_REQUEST'),
      onIncomingRequest: (request, id) => this.#admit(request, id),
      onUploadCreate: async (request, { id, size = 0, metadata }) => {
        const name = metadata?.[uploadMetadataNames.name] ?? '';
        await uploads.begin(this.#userOf(request), { id: idOf(id, 'BAD_REQUEST'), name, size });
        return {};
      },
      onResponseError: (request, error) => {
        this.#failures.set(request, error);
        return undefined;
      },
    });
  }

  /** @throws UCError what is wrong with the request, or cannot be done now. */
  async handle(request: Request, userId: UserId): Promise<Response> {
    this.#users.set(request, userId);
    const response = await this.#tus.handleWeb(request);
    const failure = this.#failures.get(request);
    if (failure !== undefined) throw toUCError(failure);
    if (!response.ok) throw new UCError('BAD_REQUEST', (await response.text()).trim());
    return response;
  }

  async #admit(request: Request, given: string): Promise<void> {
    if (request.method === 'POST') return;
    const id = idOf(given, 'NOT_FOUND');
    await this.#uploads.own(this.#userOf(request), id);
    if (request.method === 'HEAD') await this.#uploads.keep(id);
  }

  #userOf(request: Request): UserId {
    const userId = this.#users.get(request);
    if (userId === undefined) throw new UCError('NOT_SIGNED_IN');
    return userId;
  }
}

/** What the tus protocol reads and writes; only ever under the lock of the upload. */
class UploadStore extends DataStore {
  override extensions = ['creation'];
  readonly #held: ReadonlyMap<string, HeldUpload>;
  readonly #known: KnownFiles;

  constructor(held: ReadonlyMap<string, HeldUpload>, known: KnownFiles) {
    super();
    this.#held = held;
    this.#known = known;
  }

  override async getUpload(id: string): Promise<Upload> {
    const record = this.#known.get(id as FileId);
    if (record === undefined) throw new UCError('NOT_FOUND');
    // What has become a file is complete, and its upload is gone.
    const offset = record.stored === undefined ? (this.#held.get(id)?.length ?? 0) : record.size;
    return new Upload({ id, size: record.size, offset });
  }

  override async write(stream: AsyncIterable<Uint8Array>, id: string): Promise<number> {
    const upload = this.#held.get(id);
    if (upload === undefined) throw new UCError('OFFSET_CONFLICT');
    return upload.append(stream);
  }
}

function uploadLocker({ uploads, locks, known, held }: TusUploadsOptions & { readonly held: Map<FileId, HeldUpload> }): Locker {
  return {
    newLock(given): Lock {
      const id = given as FileId;
      let letGo: (() => void) | undefined;
      return {
        async lock(_signal, requestRelease) {
          letGo = await locks.take(id, () => void requestRelease());
          try {
            if (known.get(id)?.stored === undefined) held.set(id, await uploads.hold(id));
          } catch (error) {
            letGo();
            throw error;
          }
        },
        async unlock() {
          const upload = held.get(id);
          held.delete(id);
          // A lock that stays because the store is away is taken over by the next who comes.
          await upload?.release().catch(() => undefined);
          letGo?.();
        },
      };
    },
  };
}

function idOf(given: string | undefined, code: 'BAD_REQUEST' | 'NOT_FOUND'): FileId {
  const id = fileIdSchema.safeParse(given).data;
  if (id === undefined) throw new UCError(code, undefined, { field: 'fileId' });
  return id;
}

/** Errors of the tus package are plain objects with a status. */
function toUCError(thrown: unknown): unknown {
  if (thrown instanceof UCError || typeof thrown !== 'object' || thrown === null || !('status_code' in thrown)) return thrown;
  const message = 'body' in thrown ? String(thrown.body).trim() : undefined;
  if (thrown.status_code === 404 || thrown.status_code === 410) return new UCError('NOT_FOUND');
  if (thrown.status_code === 409) return new UCError('OFFSET_CONFLICT');
  if (thrown.status_code === 413) return new UCError('TOO_LARGE', message, { field: 'Upload-Length' });
  if (message?.includes('aborted')) return new UCError('BUSY', message, { retryAfterMs: drainMs });
  return new UCError('BAD_REQUEST', message);
}
