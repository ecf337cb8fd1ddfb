import { constants } from 'node:fs';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
  statfs,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { UCError } from '#shared/protocol/errors.ts';
import { type StoreGate, unavailable } from './store-gate.ts';

/** Bytes read at a time. */
const readBytes = 524_288;
const readOnly = 0o400;

/**
 * What is done to the shared folder, one operation at a time through its gate. What is not there is an answer, not an error;
 * whatever else goes wrong is `STORAGE_UNAVAILABLE`.
 */
export class FolderDisk {
  readonly #gate: StoreGate;

  constructor(gate: StoreGate) {
    this.#gate = gate;
  }

  /** Names in a folder; `undefined` when it is not there. */
  list(folder: string): Promise<string[] | undefined> {
    return this.#try(() => readdir(folder));
  }

  text(file: string): Promise<string | undefined> {
    return this.#try(() => readFile(file, 'utf8'));
  }

  size(file: string): Promise<number | undefined> {
    return this.#try(async () => (await stat(file)).size);
  }

  /** When it was changed last, ms since 1970. */
  changedAt(path: string): Promise<number | undefined> {
    return this.#try(async () => (await stat(path)).mtimeMs);
  }

  /** Bytes that can still be written. */
  async free(folder: string): Promise<number> {
    const { bavail, bsize } = (await this.#try(() => statfs(folder))) ?? { bavail: 0, bsize: 0 };
    return bavail * bsize;
  }

  /** A folder in one that is there; one that is there already will do. */
  async makeFolder(folder: string): Promise<void> {
    const made = await this.#try(() =>
      mkdir(folder, { mode: 0o700 })
        .catch(unless('EEXIST'))
        .then(() => true),
    );
    if (made === undefined) throw unavailable('its folders are missing');
  }

  /** A new file with this content, or `false` when there is one of the name. */
  async create(file: string, content: string): Promise<boolean> {
    const created = await this.#try(() =>
      writeFile(file, content, { flag: 'wx', mode: 0o600 }).then(() => true, unless('EEXIST', false)),
    );
    if (created === undefined) throw unavailable('its folders are missing');
    return created;
  }

  /** @returns `false` when there is nothing to move. */
  async move(from: string, to: string): Promise<boolean> {
    const moved = await this.#try(() => rename(from, to).then(() => true));
    if (moved === undefined) return false;
    await this.sync(dirname(to));
    return true;
  }

  /**
   * Gives a file a second name, or a copy where the file system knows no second names; the same again changes nothing.
   * @param temporary a name on the same file system that nobody else uses
   */
  async link(from: string, to: string, temporary: string): Promise<void> {
    const linked = await this.#try(() => link(from, to).then(() => true, unless('EEXIST', true))).catch(() => false);
    if (linked !== true) {
      const bytes = await this.read(from);
      if (bytes === undefined) throw unavailable('an upload has vanished');
      await this.append(temporary, 0, bytes);
      await this.move(temporary, to);
    }
    await this.sync(dirname(to));
  }

  async delete(file: string): Promise<void> {
    await this.#try(() => unlink(file));
  }

  async deleteFolder(folder: string): Promise<void> {
    for (const name of (await this.list(folder)) ?? []) await this.delete(`${folder}/${name}`);
    await this.#try(() => rmdir(folder).catch(unless('ENOTEMPTY')));
  }

  /** What stands in a folder stands there also after a loss of power. */
  async sync(folder: string): Promise<void> {
    const handle = await this.#try(() => open(folder, 'r'));
    if (handle === undefined) return;
    await this.#closing(handle, () => this.#must(() => handle.sync()));
  }

  /**
   * A whole file at once, seen by others only when it is complete; the same name again replaces it.
   * @param temporary a name on the same file system that nobody else uses
   */
  async write(file: string, bytes: Uint8Array, temporary: string): Promise<void> {
    await this.#must(() => writeFile(temporary, bytes, { mode: readOnly, flush: true }));
    await this.move(temporary, file);
  }

  /** Like {@link size}, but never an older one: opening a file asks the machine that has it, also where sizes are remembered. */
  async presentSize(file: string): Promise<number | undefined> {
    const handle = await this.#try(() => open(file, 'r'));
    return handle && this.#closing(handle, async () => (await this.#must(() => handle.stat())).size);
  }

  /**
   * Adds to the end of a file, which is made if need be.
   *
   * @param at where the end is expected
   * @returns its length, when that is safe on disk.
   * @throws UCError `OFFSET_CONFLICT` when the end is elsewhere; nothing was written then.
   */
  async append(file: string, at: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const handle = await this.#must(() => open(file, constants.O_WRONLY | constants.O_CREAT, 0o600));
    return this.#closing(handle, async () => {
      const { size } = await this.#must(() => handle.stat());
      if (size !== at) throw new UCError('OFFSET_CONFLICT', undefined, { details: { offset: size } });
      let end = at;
      const gathered = new Gathering(async (bytes) => {
        await this.#must(() => writeAll(handle, bytes, end));
        end += bytes.length;
      });
      try {
        for await (const chunk of chunks) await gathered.add(chunk);
      } finally {
        await gathered.flush();
        await this.#must(() => handle.datasync());
      }
      return end;
    });
  }

  /** Bytes of a file from `first` to `last`; `undefined` when it is not there. The file is open until the bytes were read. */
  async read(file: string, first = 0, last = Number.MAX_SAFE_INTEGER): Promise<AsyncIterable<Uint8Array> | undefined> {
    const handle = await this.#try(() => open(file, 'r'));
    return handle === undefined ? undefined : this.#bytes(handle, first, last);
  }

  async *#bytes(handle: FileHandle, first: number, last: number): AsyncGenerator<Uint8Array> {
    try {
      for (let at = first; at <= last; ) {
        const length = Math.min(readBytes, last - at + 1);
        const { bytesRead, buffer } = await this.#must(() => handle.read(Buffer.allocUnsafe(length), 0, length, at));
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await this.#must(() => handle.close());
    }
  }

  async #closing<T>(handle: FileHandle, use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } finally {
      await this.#must(() => handle.close());
    }
  }

  /** `undefined`: what it is about is not there. */
  async #try<T>(operation: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#gate.run(operation);
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw translated(error);
    }
  }

  async #must<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await this.#gate.run(operation);
    } catch (error) {
      throw translated(error);
    }
  }
}

/** Writes large pieces, whatever pieces come. */
class Gathering {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= readBytes) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    await this.#write(bytes);
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function translated(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || code === 'STORAGE_UNAVAILABLE') return error;
  return unavailable(code === 'ENOSPC' || code === 'EDQUOT' ? 'it is full' : `it answers ${code}`, error);
}

/** Takes one error for an answer. */
function unless(code: string): (error: unknown) => void;
function unless<T>(code: string, answer: T): (error: unknown) => T;
function unless(code: string, answer?: unknown): (error: unknown) => unknown {
  return (error) => {
    if (codeOf(error) === code) return answer;
    throw error;
  };
}
