import { createHash } from 'node:crypto';
import type { Clock } from '#shared/runtime/clock.ts';
import { type ContentHash, contentHashSchema, type HeldUpload } from './file-store.ts';
import type { FolderDisk } from './folder-disk.ts';

/** How long a holder that is alive is waited for. */
const patienceMs = 2_000;
const lookEveryMs = 50;

export interface FolderUploadOptions {
  readonly disk: FolderDisk;
  readonly clock: Clock;
  /** Folder of this upload alone. */
  readonly folder: string;
  /** Names this process in one of its lives. */
  readonly self: string;
  /** Whether the process of this name lives, as far as is known; a mistake costs work, not bytes. */
  readonly isLive: (holder: string) => boolean;
  /** Puts a file into the store under its hash; may be called again. */
  readonly place: (part: string, hash: ContentHash) => Promise<void>;
}

/**
 * An upload in the shared folder. Each holder writes to a part of its own number, under a lock file of that number that names it.
 * Who finds a lock whose holder is dead, or does not let go, claims the next number, copies what there is, and deletes the older
 * part: whatever the older holder may still write, it writes into a file that no longer has a name. So the writer needs no lease
 * that could end too early, and clocks decide nothing.
 */
export class FolderUpload implements HeldUpload {
  readonly #options: FolderUploadOptions;
  readonly #number: number;
  #length: number;

  private constructor(options: FolderUploadOptions, number: number, length: number) {
    this.#options = options;
    this.#number = number;
    this.#length = length;
  }

  /** @throws UCError `STORAGE_UNAVAILABLE`. */
  static async hold(options: FolderUploadOptions): Promise<FolderUpload> {
    const { disk, folder } = options;
    await disk.makeFolder(folder);
    const number = await claim(options);
    try {
      return new FolderUpload(options, number, await takeOver(options, number));
    } catch (error) {
      await disk.delete(lockOf(folder, number)).catch(() => undefined);
      throw error;
    }
  }

  get length(): number {
    return this.#length;
  }

  get #part(): string {
    return partOf(this.#options.folder, this.#number);
  }

  async append(chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const { disk } = this.#options;
    try {
      this.#length = await disk.append(this.#part, this.#length, chunks);
    } catch (error) {
      this.#length = (await disk.presentSize(this.#part)) ?? 0;
      throw error;
    }
    return this.#length;
  }

  async commit(): Promise<ContentHash> {
    const { disk, place } = this.#options;
    // An empty file has no part yet.
    if (this.#length === 0) await disk.append(this.#part, 0, nothing());
    const hash = createHash('sha256');
    for await (const chunk of (await disk.read(this.#part)) ?? nothing()) hash.update(chunk);
    const name = contentHashSchema.parse(hash.digest('hex'));
    await place(this.#part, name);
    return name;
  }

  discard(): Promise<void> {
    return this.#options.disk.deleteFolder(this.#options.folder);
  }

  release(): Promise<void> {
    return this.#options.disk.delete(lockOf(this.#options.folder, this.#number));
  }
}

/** @returns the number under which this process alone writes now. */
async function claim({ disk, clock, folder, self, isLive }: FolderUploadOptions): Promise<number> {
  const endMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    const newest = await newestNumber(disk, folder);
    const holder = await disk.text(lockOf(folder, newest));
    const isFree = holder === undefined;
    const isLost = !isFree && holder !== '' && (holder === self || !isLive(holder));
    if (isFree || isLost || clock.monotonicMs() >= endMs) {
      const number = isFree ? newest : newest + 1;
      if (await disk.create(lockOf(folder, number), self)) {
        // Between looking and claiming, the next number may have come and gone.
        if ((await newestNumber(disk, folder)) === number) return number;
        await disk.delete(lockOf(folder, number));
      }
    }
    await new Promise<void>((resolve) => clock.after(lookEveryMs, resolve));
  }
}

/** Makes what was written under older numbers that of this one. @returns how many bytes that are. */
async function takeOver({ disk, folder }: FolderUploadOptions, number: number): Promise<number> {
  const own = partOf(folder, number);
  const names = (await disk.list(folder)) ?? [];
  const older = names.filter((name) => numberOf(name) < number);
  const known = await disk.presentSize(own);
  const source = Math.max(0, ...older.filter((name) => name.endsWith('.part')).map(numberOf));
  if (known === undefined && source > 0) {
    const copy = `${folder}/${number}.copy`;
    await disk.delete(copy);
    await disk.append(copy, 0, (await disk.read(partOf(folder, source))) ?? nothing());
    await disk.move(copy, own);
  }
  for (const name of older) await disk.delete(`${folder}/${name}`);
  return known ?? (await disk.presentSize(own)) ?? 0;
}

async function newestNumber(disk: FolderDisk, folder: string): Promise<number> {
  return Math.max(1, ...((await disk.list(folder)) ?? []).map(numberOf));
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}

function partOf(folder: string, number: number): string {
  return `${folder}/${number}.part`;
}

function lockOf(folder: string, number: number): string {
  return `${folder}/${number}.lock`;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // No bytes.
}
