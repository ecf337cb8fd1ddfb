import { join } from 'node:path';
import { randomId } from '#shared/ids.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import {
  type ContentHash,
  contentHashSchema,
  type FileStore,
  type HeldUpload,
  type PreviewSize,
  type StoredName,
  type UploadName,
} from './file-store.ts';
import { FolderDisk } from './folder-disk.ts';
import { FolderUpload } from './folder-upload.ts';
import type { StoreGate } from './store-gate.ts';

export interface FolderStoreOptions {
  readonly folder: string;
  readonly gate: StoreGate;
  readonly clock: Clock;
  /** Names this process in one of its lives. */
  readonly self: () => string;
  readonly isLive: (holder: string) => boolean;
}

/** Folders in the store. They are made once, with the marker: made anew under a missing mount they would hide that it is missing. */
export const storeFolders = ['uploads', 'contents', 'previews', 'trash', 'temporary'] as const;
/** Says that a folder is a store, and which. */
export const markerName = 'ucmesh-files.json';
/** Less than this many bytes free counts as full. */
const spareBytes = 64 * 1_048_576;

/** Keeps files in a folder that all servers share. */
export class FolderStore implements FileStore {
  readonly #options: FolderStoreOptions;
  readonly #disk: FolderDisk;

  constructor(options: FolderStoreOptions) {
    this.#options = options;
    this.#disk = new FolderDisk(options.gate);
  }

  hold(upload: UploadName): Promise<HeldUpload> {
    const { clock, self, isLive } = this.#options;
    return FolderUpload.hold({
      ...{ disk: this.#disk, clock, isLive, self: self(), folder: this.#path('uploads', upload) },
      place: (part, hash) => this.#place(part, hash),
    });
  }

  async read(name: StoredName, first: number, last: number): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#disk.read(this.#pathOf(name), first, last);
  }

  size(name: StoredName): Promise<number | undefined> {
    return this.#disk.size(this.#pathOf(name));
  }

  /** Bytes that can still be uploaded. */
  async free(): Promise<number> {
    return Math.max(0, (await this.#disk.free(this.#options.folder)) - spareBytes);
  }

  async putPreview(hash: ContentHash, preview: PreviewSize, bytes: Uint8Array): Promise<void> {
    const file = this.#pathOf({ hash, preview });
    await this.#disk.makeFolder(this.#path('previews', hash.slice(0, 2)));
    await this.#disk.write(file, bytes, this.#path('temporary', randomId()));
  }

  async setAside(hash: ContentHash): Promise<void> {
    await this.#disk.move(this.#pathOf({ hash }), this.#path('trash', hash));
  }

  async clear(isWanted: (hash: ContentHash) => Promise<boolean>): Promise<void> {
    for (const name of (await this.#disk.list(this.#path('trash'))) ?? []) {
      const hash = contentHashSchema.parse(name);
      const trash = this.#path('trash', hash);
      if (await isWanted(hash)) {
        await this.#disk.move(trash, this.#pathOf({ hash }));
        continue;
      }
      // Previews of one that somebody has brought again meanwhile are theirs.
      const isBack = (await this.#disk.size(this.#pathOf({ hash }))) !== undefined;
      if (!isBack) for (const preview of ['small', 'large'] as const) await this.#disk.delete(this.#pathOf({ hash, preview }));
      await this.#disk.delete(trash);
    }
  }

  async #place(part: string, hash: ContentHash): Promise<void> {
    const file = this.#pathOf({ hash });
    await this.#disk.makeFolder(this.#path('contents', hash.slice(0, 2)));
    // The upload keeps its bytes until it is known that the content stays.
    await this.#disk.link(part, file, this.#path('temporary', randomId()));
  }

  #pathOf({ hash, preview }: StoredName): string {
    const folder = hash.slice(0, 2);
    return preview === undefined
      ? this.#path('contents', folder, hash)
      : this.#path('previews', folder, `${hash}-${preview}.webp`);
  }

  #path(folder: (typeof storeFolders)[number], ...names: string[]): string {
    return join(this.#options.folder, folder, ...names);
  }
}
