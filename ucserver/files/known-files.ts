import type { FileId } from '#shared/ids.ts';
import type { FileRecord } from './repository.ts';

const mostKnown = 5_000;

/**
 * What this server has lately read of uploads and files, so that an upload goes on and a file can be sent while SQL is away. What
 * stands in a record never changes, but that an upload becomes a file.
 */
export class KnownFiles {
  readonly #records = new Map<FileId, FileRecord>();

  get(id: FileId): FileRecord | undefined {
    return this.#records.get(id);
  }

  put(record: FileRecord): FileRecord {
    this.#records.delete(record.id);
    this.#records.set(record.id, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > mostKnown && oldest !== undefined) this.#records.delete(oldest);
    return record;
  }

  delete(id: FileId): void {
    this.#records.delete(id);
  }
}
