import { Upload } from 'tus-js-client';
import { UCError } from '#shared/protocol/errors.ts';
import { uploadMetadataNames } from '#shared/protocol/files.ts';
import { httpPaths } from '#shared/protocol/http.ts';
import { retryDelayMs } from './backoff.ts';
import type { Client } from './client.ts';
import type { ClientTimer } from './clock.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import type { FileId, FileRef } from './types.ts';
import { blobReader, uploadTransport } from './upload-transport.ts';

/** `waiting`: no server takes it now, it goes on by itself. `finishing`: all bytes are there, the server makes a file of them. */
export type UploadPhase = 'uploading' | 'waiting' | 'paused' | 'finishing' | 'done' | 'failed' | 'cancelled';

/** Bytes in one request: what takes about a second, so that little is lost with a connection and progress is seen. */
const chunk = { first: 262_144, least: 65_536, most: 16_777_216, aimMs: 1_000 } as const;
/** Reading a large file through once more takes the server a while. */
const finishWithinMs = 10 * 60_000;
/** What a server may answer of an upload that can go on later all the same. */
const passing: ReadonlySet<string> = new Set(['OFFSET_CONFLICT', 'TOKEN_INVALID', 'NOT_SIGNED_IN']);

/** What is uploaded. */
export interface UploadedFile {
  readonly fileId: FileId;
  readonly name: string;
  /** A server may have some of it, from before the page was loaded anew. */
  readonly isBegun: boolean;
}

/** A file on its way to the servers. It goes on over lost connections and dead servers until it is there, refused or cancelled. */
export class FileUpload {
  readonly fileId: FileId;
  readonly name: string;
  readonly size: number;
  readonly #client: Client;
  readonly #file: Blob;
  readonly #changes = new Emitter<FileUpload>();
  readonly #finished = Promise.withResolvers<FileRef>();
  readonly #unlisten: Unsubscribe;
  #phase: UploadPhase = 'uploading';
  #sentBytes = 0;
  #error: UCError | undefined;
  #ref: FileRef | undefined;
  #running: Upload | undefined;
  #retry: ClientTimer | undefined;
  #failures = 0;
  /** A server may have some of it already. */
  #isBegun: boolean;

  constructor(client: Client, file: Blob, { fileId, name, isBegun }: UploadedFile) {
    this.#client = client;
    this.#file = file;
    this.fileId = fileId;
    this.name = name;
    this.size = file.size;
    this.#isBegun = isBegun;
    // Who does not ask for the result need not handle its failure.
    this.#finished.promise.catch(() => undefined);
    this.#unlisten = client.onState(({ phase }) => phase === 'open' && this.#phase === 'waiting' && this.#start());
    this.#start();
  }

  get phase(): UploadPhase {
    return this.#phase;
  }

  /** Bytes that a server has safely. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Why it waits or has failed. */
  get error(): UCError | undefined {
    return this.#error;
  }

  /** What it has become. */
  get ref(): FileRef | undefined {
    return this.#ref;
  }

  /** The file it becomes. Rejects when it is cancelled; after a failure it still may come, by {@link resume}. */
  get finished(): Promise<FileRef> {
    return this.#finished.promise;
  }

  onChange(listener: (upload: FileUpload) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  pause(): void {
    if (this.#phase !== 'uploading' && this.#phase !== 'waiting') return;
    this.#halt();
    this.#enter('paused');
  }

  /** Goes on after a pause, or tries again after a failure. */
  resume(): void {
    if (this.#phase === 'paused' || this.#phase === 'failed') this.#start();
  }

  /** Gives it up and has the servers delete what they have. */
  cancel(): void {
    if (this.#phase === 'done' || this.#phase === 'cancelled') return;
    this.#halt();
    this.#enter('cancelled');
    this.#unlisten();
    this.#finished.reject(new UCError('NOT_FOUND', 'The upload was cancelled.'));
    // What is not heard of ends by itself after a while.
    this.#client.call('files.remove', { fileId: this.fileId }).catch(() => undefined);
  }

  #start(): void {
    this.#halt();
    this.#enter('uploading');
    const endpoint = new URL(httpPaths.uploads, 'http://any-server').href;
    let askedMs = this.#client.clock.monotonicMs();
    const upload: Upload = new Upload(this.#file, {
      endpoint,
      ...(this.#isBegun ? { uploadUrl: `${endpoint}/${this.fileId}` } : {}),
      metadata: { [uploadMetadataNames.fileId]: this.fileId, [uploadMetadataNames.name]: this.name },
      httpStack: uploadTransport((path, init) => this.#client.fetch(path, init)),
      fileReader: blobReader,
      fingerprint: async () => this.fileId,
      storeFingerprintForResuming: false,
      retryDelays: null,
      chunkSize: chunk.first,
      onUploadUrlAvailable: () => {
        askedMs = this.#client.clock.monotonicMs();
      },
      onChunkComplete: (bytes, accepted) => {
        const nowMs = this.#client.clock.monotonicMs();
        upload.options.chunkSize = nextChunk(upload.options.chunkSize ?? chunk.first, bytes, nowMs - askedMs);
        askedMs = nowMs;
        this.#failures = 0;
        this.#progress(accepted);
      },
      onSuccess: () => void this.#finish(upload),
      onError: (error) => this.#failed(upload, 'causingError' in error ? (error.causingError ?? error) : error),
    });
    this.#running = upload;
    this.#isBegun = true;
    upload.start();
  }

  #halt(): void {
    this.#retry?.stop();
    const running = this.#running;
    this.#running = undefined;
    void running?.abort();
  }

  async #finish(upload: Upload): Promise<void> {
    if (upload !== this.#running) return;
    this.#sentBytes = this.size;
    this.#enter('finishing');
    try {
      this.#ref = await this.#client.call('files.finish', { fileId: this.fileId }, { timeoutMs: finishWithinMs });
      if (upload !== this.#running) return;
      this.#enter('done');
      this.#unlisten();
      this.#finished.resolve(this.#ref);
    } catch (error) {
      this.#failed(upload, error);
    }
  }

  #failed(upload: Upload, error: unknown): void {
    if (upload !== this.#running) return;
    this.#error = error instanceof UCError ? error : undefined;
    if (this.#error !== undefined && !this.#error.retryable && !passing.has(this.#error.code)) {
      this.#halt();
      this.#enter('failed', this.#error);
      return;
    }
    const delayMs = this.#error?.retryAfterMs ?? retryDelayMs(this.#failures, Math.random());
    this.#failures += 1;
    this.#enter('waiting', this.#error);
    this.#retry = this.#client.clock.after(delayMs, () => this.#phase === 'waiting' && this.#start());
  }

  #progress(bytes: number): void {
    this.#sentBytes = bytes;
    this.#changes.emit(this);
  }

  #enter(phase: UploadPhase, error?: UCError): void {
    this.#phase = phase;
    this.#error = error;
    this.#changes.emit(this);
  }
}

/** Bytes for the next request, from what the last one took. */
function nextChunk(present: number, sentBytes: number, tookMs: number): number {
  if (sentBytes < present) return present;
  const factor = Math.min(4, Math.max(0.25, chunk.aimMs / Math.max(1, tookMs)));
  return Math.round(Math.min(chunk.most, Math.max(chunk.least, present * factor)));
}
