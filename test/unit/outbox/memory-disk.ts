import type { SpoolDisk, SpoolFile } from '#ucserver/outbox/index.ts';

interface MemoryFile {
  bytes: Buffer;
  syncedBytes: number;
}

/** A disk that forgets at a crash what was not synced, and fails when told to. */
export class MemoryDisk implements SpoolDisk {
  readonly files = new Map<string, MemoryFile>();
  readonly #removed = new Map<string, MemoryFile>();
  /** What was done, in order. */
  readonly done: string[] = [];
  /** The next of these fails; a failing append leaves half of what it was given. */
  failNext: 'append' | 'sync' | 'create' | undefined;

  async list(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Buffer> {
    return this.files.get(name)?.bytes ?? Buffer.alloc(0);
  }

  async create(name: string): Promise<SpoolFile> {
    this.#failIfTold('create');
    const file: MemoryFile = { bytes: Buffer.alloc(0), syncedBytes: 0 };
    this.files.set(name, file);
    this.done.push('create');
    return {
      append: async (bytes) => {
        const fails = this.failNext === 'append';
        file.bytes = Buffer.concat([file.bytes, fails ? bytes.subarray(0, bytes.length >> 1) : bytes]);
        this.done.push('append');
        this.#failIfTold('append');
      },
      sync: async () => {
        this.#failIfTold('sync');
        file.syncedBytes = file.bytes.length;
        this.done.push('sync');
      },
      close: async () => undefined,
    };
  }

  async remove(name: string): Promise<void> {
    const file = this.files.get(name);
    if (file !== undefined) this.#removed.set(name, file);
    this.files.delete(name);
    this.done.push('remove');
  }

  /** Power is lost: of what was not synced, this many bytes survive. */
  crash(surviving = 0): void {
    for (const file of this.files.values()) file.bytes = file.bytes.subarray(0, file.syncedBytes + surviving);
  }

  /** Removed files are there again, unless others have their names. */
  restoreRemoved(): void {
    for (const [name, file] of this.#removed) if (!this.files.has(name)) this.files.set(name, file);
    this.#removed.clear();
  }

  #failIfTold(what: typeof this.failNext): void {
    if (this.failNext !== what || what === undefined) return;
    this.failNext = undefined;
    throw new Error(`the disk refuses to ${what}`);
  }
}
