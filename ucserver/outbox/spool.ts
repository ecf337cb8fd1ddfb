import type { Logger } from '#shared/runtime/logger.ts';
import { nameOf, type OutboxItem } from './item.ts';
import type { SpoolDisk, SpoolFile } from './spool-disk.ts';
import { decodeRecords, encodeRecord, type SpoolRecord } from './spool-record.ts';

export interface SpoolOptions {
  readonly disk: SpoolDisk;
  readonly logger: Logger;
  /** A file longer than this is followed by a new one, bytes. */
  readonly segmentBytes?: number;
}

interface Segment {
  readonly number: number;
  /** Items in it that SQL was not seen to hold and that were not cancelled. */
  open: number;
  bytes: number;
  /** The file while it is written to. */
  file: SpoolFile | undefined;
}

interface Waiting {
  readonly record: SpoolRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const defaultSegmentBytes = 4 << 20;
/** More files than this, and a new one takes over what is still needed of the old ones if that is little. */
const mostSegments = 4;
const segmentName = /^(\d{10})\.spool$/;

/**
 * A server's local, fsynced file of what it has accepted. What was appended is there after a crash; it leaves only when SQL was
 * seen to hold it, or when it was cancelled. Records of one turn of the event loop, and those that come while the disk is busy,
 * share one fsync.
 */
export class Spool {
  readonly #disk: SpoolDisk;
  readonly #logger: Logger;
  readonly #segmentBytes: number;
  /** Oldest first; only the last one may have a file. */
  readonly #segments: Segment[] = [];
  readonly #items = new Map<string, { readonly item: OutboxItem; readonly segment: Segment; readonly bytes: number }>();
  /** Of the items. */
  #neededBytes = 0;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #nextNumber = 1;

  private constructor({ disk, logger, segmentBytes = defaultSegmentBytes }: SpoolOptions) {
    this.#disk = disk;
    this.#logger = logger;
    this.#segmentBytes = segmentBytes;
  }

  /** Reads what an earlier life of this server left. @throws Error when the disk cannot be read. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#readAll();
    return spool;
  }

  /** Items that SQL was not seen to hold. */
  *items(): Generator<OutboxItem> {
    for (const { item } of this.#items.values()) yield item;
  }

  get size(): number {
    return this.#items.size;
  }

  has(item: OutboxItem): boolean {
    return this.#items.has(nameOf(item));
  }

  /** Resolves when the item survives a crash. @throws Error of the disk: it may or may not have survived; {@link cancel} it. */
  append(item: OutboxItem): Promise<void> {
    return this.#write({ item });
  }

  /** Resolves when it is certain that this item will not come back after a crash. @throws Error of the disk. */
  cancel(item: OutboxItem): Promise<void> {
    return this.#write({ cancelled: nameOf(item) });
  }

  /** SQL was seen to hold this item: it need not be kept. */
  held(item: OutboxItem): void {
    this.#free(nameOf(item));
  }

  /** Deletes files of which nothing is needed any more, oldest first, so that no cancel record goes before what it cancels. */
  async tidy(): Promise<void> {
    await this.#running;
    const last = this.#segments.at(-1);
    // Nothing is being written, so a file that holds only what is done with can be closed and a new one begun when needed.
    if (last?.file !== undefined && last.open === 0 && this.#running === undefined) await this.#close(last);
    for (let first = this.#segments[0]; first?.open === 0 && first.file === undefined; first = this.#segments[0]) {
      await this.#disk.remove(nameOfSegment(first.number));
      this.#segments.shift();
    }
  }

  /** Writes what was asked for and closes. */
  async close(): Promise<void> {
    await this.#running;
    const last = this.#segments.at(-1);
    if (last !== undefined) await this.#close(last);
  }

  async #readAll(): Promise<void> {
    const numbers = (await this.#disk.list()).flatMap((name) => segmentName.exec(name)?.[1] ?? []).sort();
    for (const digits of numbers) {
      const bytes = await this.#disk.read(`${digits}.spool`);
      const { records, droppedBytes } = decodeRecords(bytes);
      if (droppedBytes > 0) this.#logger.warn('The torn end of a spool file was dropped', { file: digits, droppedBytes });
      const segment: Segment = { number: Number(digits), open: 0, bytes: bytes.length, file: undefined };
      this.#segments.push(segment);
      // A torn file is never written to again: what follows stands in a new one.
      this.#nextNumber = segment.number + 1;
      for (const record of records) this.#apply(record, segment, encodeRecord(record).length);
    }
  }

  #apply(record: SpoolRecord, segment: Segment, bytes: number): void {
    if ('cancelled' in record) {
      this.#free(record.cancelled);
      return;
    }
    const name = nameOf(record.item);
    this.#free(name);
    this.#items.set(name, { item: record.item, segment, bytes });
    this.#neededBytes += bytes;
    segment.open++;
  }

  #free(name: string): void {
    const known = this.#items.get(name);
    if (known === undefined) return;
    this.#items.delete(name);
    known.segment.open--;
    this.#neededBytes -= known.bytes;
  }

  #write(record: SpoolRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, resolve, reject });
      this.#running ??= new Promise<void>((turn) => setImmediate(turn)).then(() => this.#writeQueued());
    });
  }

  async #writeQueued(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0);
      try {
        await this.#writeGroup(group.map(({ record }) => record));
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#logger.error('The spool could not be written', { records: group.length, error });
        await this.#abandon();
        for (const { reject } of group) reject(error);
      }
    }
    // At once, not when this promise is heard of: who asks in between must begin anew.
    this.#running = undefined;
  }

  async #writeGroup(records: readonly SpoolRecord[]): Promise<void> {
    const segment = await this.#active();
    const written = segment.bytes === 0 ? [...this.#takenOver(), ...records] : records;
    const encoded = written.map(encodeRecord);
    const bytes = Buffer.concat(encoded);
    segment.bytes += bytes.length;
    await segment.file?.append(bytes);
    await segment.file?.sync();
    for (const [index, record] of written.entries()) this.#apply(record, segment, encoded[index]?.length ?? 0);
  }

  /** Files go oldest first, so one old item that is still needed would keep all that came after it. */
  #takenOver(): SpoolRecord[] {
    if (this.#segments.length <= mostSegments || 2 * this.#neededBytes > this.#segmentBytes) return [];
    return [...this.items()].map((item) => ({ item }));
  }

  async #active(): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (last?.file !== undefined) {
      if (last.bytes < this.#segmentBytes) return last;
      await this.#close(last);
    }
    const number = this.#nextNumber++;
    const segment: Segment = { number, open: 0, bytes: 0, file: undefined };
    segment.file = await this.#disk.create(nameOfSegment(number));
    this.#segments.push(segment);
    return segment;
  }

  /** After a failure nobody knows what stands at the end of the file, and what were written behind a torn record would be lost. */
  async #abandon(): Promise<void> {
    const last = this.#segments.at(-1);
    if (last?.file === undefined) return;
    await this.#close(last).catch((error: unknown) => this.#logger.warn('A spool file could not be closed', { error }));
  }

  async #close(segment: Segment): Promise<void> {
    const { file } = segment;
    segment.file = undefined;
    await file?.close();
  }
}

function nameOfSegment(number: number): string {
  return `${String(number).padStart(10, '0')}.spool`;
}
