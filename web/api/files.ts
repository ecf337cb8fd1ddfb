import { UCError } from '#shared/protocol/errors.ts';
import { randomId, timeOrderedId } from '#shared/random-id.ts';
import type { Client } from './client.ts';
import type { KeptUpload } from './client-store.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { FileUpload } from './file-upload.ts';
import type { FileId, FileRef, FileState, FileVariant, Result } from './types.ts';

/** Unfinished uploads are forgotten after so long, ms; the servers do not keep them longer either. */
const keptMs = 3 * 86_400_000;
/** Previews that are kept in memory. */
const mostPreviews = 200;

/** Files of the company: uploads that survive what happens on the way, previews and downloads. */
export class Files {
  readonly #client: Client;
  readonly #uploads = new Set<FileUpload>();
  readonly #changes = new Emitter<FileUpload>();
  readonly #previews = new Map<string, Promise<Blob>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** What may be uploaded. @throws UCError */
  limits(): Promise<Result<'files.limits'>> {
    return this.#client.call('files.limits', {});
  }

  /** Uploads that are under way or paused. */
  get uploads(): readonly FileUpload[] {
    return [...this.#uploads];
  }

  onChange(listener: (upload: FileUpload) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  /**
   * Begins to upload a file. One that was begun before the page was loaded anew goes on from where it was.
   *
   * @param name default: the file's own
   */
  async upload(file: File | Blob, name = 'name' in file ? file.name : 'file'): Promise<FileUpload> {
    const fingerprint = [name, file.size, 'lastModified' in file ? file.lastModified : randomId()].join('/');
    const keptId = await this.#keptId(fingerprint);
    const fileId = keptId ?? (timeOrderedId(this.#client.now()) as FileId);
    await this.#keep(fingerprint, fileId);
    const upload = new FileUpload(this.#client, file, { fileId, name, isBegun: keptId !== undefined });
    this.#uploads.add(upload);
    upload.onChange(() => this.#changed(upload));
    this.#changes.emit(upload);
    return upload;
  }

  /** Deletes a file that no message refers to. @throws UCError */
  async remove(fileId: FileId): Promise<void> {
    await this.#client.call('files.remove', { fileId });
  }

  /** An address that any program can load the file from for a few minutes. @throws UCError `FILE_SCANNING`, `FILE_REFUSED`, `NOT_FOUND`. */
  async link(fileId: FileId, variant: FileVariant = 'content'): Promise<string> {
    const { path } = await this.#client.call('files.link', { fileId, variant });
    const [server] = this.#client.servers;
    return new URL(path, server).href;
  }

  /** A preview of a picture (WebP). @throws UCError */
  preview({ fileId }: Pick<FileRef, 'fileId'>, variant: 'small' | 'large'): Promise<Blob> {
    const key = `${fileId}/${variant}`;
    const known = this.#previews.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(fileId, variant);
    this.#previews.set(key, loading);
    loading.catch(() => this.#previews.delete(key));
    const [oldest] = this.#previews.keys();
    if (this.#previews.size > mostPreviews && oldest !== undefined) this.#previews.delete(oldest);
    return loading;
  }

  /** Whether files can be had now. @throws UCError */
  async states(fileIds: readonly FileId[]): Promise<ReadonlyMap<FileId, FileState>> {
    const { files } = await this.#client.call('files.status', { fileIds: [...fileIds] });
    return new Map(files.map(({ fileId, state }) => [fileId, state]));
  }

  /** Pauses what is under way; nothing is lost. */
  close(): void {
    for (const upload of this.#uploads) upload.pause();
  }

  async #load(fileId: FileId, variant: FileVariant): Promise<Blob> {
    const { path } = await this.#client.call('files.link', { fileId, variant });
    const response = await this.#client.fetch(path);
    if (!response.ok) throw new UCError('NOT_FOUND');
    return response.blob();
  }

  #changed(upload: FileUpload): void {
    if (upload.phase === 'done' || upload.phase === 'cancelled') {
      this.#uploads.delete(upload);
      void this.#forget(upload.fileId);
    }
    this.#changes.emit(upload);
  }

  /** Id of the upload that this file was given to before, unless it is under way here. */
  async #keptId(fingerprint: string): Promise<FileId | undefined> {
    const kept = (await this.#client.store.get('uploads')) ?? [];
    const { userId } = this.#client;
    const same = kept.find((each) => each.fingerprint === fingerprint && each.userId === userId);
    return same !== undefined && !this.uploads.some(({ fileId }) => fileId === same.fileId) ? same.fileId : undefined;
  }

  #keep(fingerprint: string, fileId: FileId): Promise<void> {
    const { userId } = this.#client;
    const at = this.#client.now();
    if (userId === undefined) throw new UCError('NOT_SIGNED_IN');
    const isLate = (kept: KeptUpload) => at - kept.at > keptMs;
    return this.#change((all) => [
      ...all.filter((kept) => kept.fileId !== fileId && !isLate(kept)),
      { userId, fingerprint, fileId, at },
    ]);
  }

  #forget(fileId: FileId): Promise<void> {
    return this.#change((all) => all.filter((kept) => kept.fileId !== fileId));
  }

  #change(next: (all: readonly KeptUpload[]) => readonly KeptUpload[]): Promise<void> {
    const { store } = this.#client;
    return store.exclusively('uploads', async () => store.set('uploads', next((await store.get('uploads')) ?? [])));
  }
}
