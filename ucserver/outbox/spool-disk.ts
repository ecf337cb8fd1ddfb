import { mkdirSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that is only appended to. */
export interface SpoolFile {
  append(bytes: Buffer): Promise<void>;
  /** Resolves when everything appended survives a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a spool needs of a disk. */
export interface SpoolDisk {
  /** Names of its files, in any order. */
  list(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  /** A new, empty file, whose name survives a loss of power. */
  create(name: string): Promise<SpoolFile>;
  /** Gone for good, also after a loss of power. */
  remove(name: string): Promise<void>;
}

/** A folder of this server alone; what stands in it is readable by its user only. */
export function folderDisk(folder: string): SpoolDisk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    list: () => readdir(folder),
    read: (name) => readFile(join(folder, name)),
    async create(name) {
      const handle = await open(join(folder, name), 'ax', 0o600);
      try {
        await syncFolder(folder);
      } catch (error) {
        await handle.close();
        throw error;
      }
      return spoolFile(handle);
    },
    async remove(name) {
      await unlink(join(folder, name));
      await syncFolder(folder);
    },
  };
}

function spoolFile(handle: FileHandle): SpoolFile {
  return {
    append: (bytes) => handle.appendFile(bytes),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
