import type { Clock, Timer } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type ChangedIds, type FeedPosition, readFeed, readPosition } from './change-feed.ts';
import type { Database } from './port.ts';
import { pageRows, type ReplicaPart } from './replica-part.ts';
import { Shelf } from './replica-shelf.ts';
import type { SnapshotFile } from './snapshot-file.ts';

export interface ReplicaOptions {
  readonly database: Database;
  readonly parts: readonly ReplicaPart<unknown>[];
  readonly snapshot: SnapshotFile;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells the other servers that something was recorded; they call {@link Replica.hint}. */
  readonly announce: () => void;
}

type ChangeListener = (ids: readonly string[]) => void;

const pollMs = 1_000;
/** Changes are gathered this long before the file is written, and it is never written for more than a fiftieth of the time. */
const saveAfterMs = 2_000;
const saveShare = 50;

/**
 * The memory copy of what sign-in, rights and routing need: read from SQL once, kept current by the change feed (told by the
 * mesh, else looked at each second), saved as a file, from which a server starts when SQL is away.
 */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #shelves: ReadonlyMap<string, Shelf<unknown>>;
  readonly #listeners = new Map<string, Set<ChangeListener>>();
  readonly #stops: (() => void)[] = [];
  #position: FeedPosition | undefined;
  #current = false;
  #reading: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #saving: Promise<void> | undefined;
  #saveTimer: Timer | undefined;
  #unsaved = false;
  #saveMs = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#shelves = new Map(options.parts.map((part) => [part.kind, new Shelf(part)]));
    if (this.#shelves.size < options.parts.length) throw new Error('two replica parts have the same kind');
  }

  /** The number of the last change that memory holds; 0 before anything was read. */
  get version(): number {
    return this.#position?.version ?? 0;
  }

  /** Whether memory was compared with SQL at the last look. */
  get current(): boolean {
    return this.#current;
  }

  /** All objects of a part by id. Always the same map, changed in place. */
  items<Item>(part: ReplicaPart<Item>): ReadonlyMap<string, Item> {
    return this.#shelf(part.kind).items as ReadonlyMap<string, Item>;
  }

  /** Tells the ids that were added, changed or removed, after all parts hold the new state. Answers how to stop listening. */
  onChange(part: ReplicaPart<unknown>, listener: ChangeListener): () => void {
    const listeners = this.#listeners.get(part.kind) ?? new Set();
    this.#listeners.set(part.kind, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Takes what the last life of this server left on disk. @returns whether there was something usable */
  async loadSnapshot(): Promise<boolean> {
    const { snapshot, logger } = this.#options;
    try {
      const found = await snapshot.read();
      if (found === undefined) return false;
      for (const [kind, rows] of found.rows) this.#shelves.get(kind)?.replace(rows);
      // A part that is new in this version has nothing in the file: only a full reading fills it.
      const whole = [...this.#shelves.keys()].every((kind) => found.rows.has(kind));
      this.#position = whole ? found.position : { ...found.position, identity: '' };
      return true;
    } catch (error) {
      logger.warn('the snapshot on disk cannot be used', { error });
      return false;
    }
  }

  /** From now on follows the feed. */
  follow(): void {
    const { clock, database, announce } = this.#options;
    const timer = clock.every(pollMs, () => this.hint());
    this.#stops.push(
      () => timer.stop(),
      database.onHealth(() => this.hint()),
      database.onRecorded(() => {
        announce();
        this.hint();
      }),
    );
    this.hint();
  }

  /** Something may have changed: looks now. */
  hint(): void {
    if (this.#options.database.health.reads === 'away') {
      this.#current = false;
      return;
    }
    this.refresh().catch((error: unknown) => {
      this.#current = false;
      this.#options.logger.debug('the change feed cannot be read', { error });
    });
  }

  /** Answers when memory holds everything that was committed before this call. The tables must be there. @throws UCError STORAGE_UNAVAILABLE */
  refresh(): Promise<void> {
    // One reading at a time; a reading that has begun may have passed what was committed since, so those who ask get the next.
    if (this.#again !== undefined) return this.#again;
    if (this.#reading === undefined) return this.#startReading();
    const next = () => {
      this.#again = undefined;
      return this.#startReading();
    };
    this.#again = this.#reading.then(next, next);
    return this.#again;
  }

  /** Stops following and saves what was not saved. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    this.#saveTimer?.stop();
    await this.#reading?.catch(() => undefined);
    await this.#again?.catch(() => undefined);
    this.#saveTimer?.stop();
    await this.#saving;
    if (this.#unsaved) await this.#save();
  }

  #startReading(): Promise<void> {
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  async #read(): Promise<void> {
    const { database, logger } = this.#options;
    if (this.#position === undefined) {
      await this.#readAll(await readPosition(database));
      return;
    }
    const reading = await readFeed(database, this.#position);
    if (reading.outcome === 'broken') {
      logger.info('reading the whole directory anew', { from: this.#position, to: reading.position });
      await this.#readAll(reading.position);
      return;
    }
    await this.#readSome(reading.changed);
    this.#moveTo(reading.position);
  }

  async #readSome(changed: ChangedIds): Promise<void> {
    const { database } = this.#options;
    const fresh: (() => readonly string[])[] = [];
    const kinds: string[] = [];
    for (const [kind, ids] of changed) {
      const shelf = this.#shelves.get(kind);
      if (shelf === undefined) continue;
      const rows = await collect(shelf.part.readPages(database, [...ids]));
      fresh.push(() => shelf.update([...ids], rows));
      kinds.push(kind);
    }
    this.#apply(kinds, fresh);
  }

  /** The position is read before the rows, so a change made meanwhile is read once more by the feed and none is missed. */
  async #readAll(position: FeedPosition): Promise<void> {
    const { database } = this.#options;
    const fresh: (() => readonly string[])[] = [];
    for (const shelf of this.#shelves.values()) {
      const rows = await collect(shelf.part.readPages(database));
      fresh.push(() => shelf.replace(rows));
    }
    this.#apply([...this.#shelves.keys()], fresh);
    this.#moveTo(position);
  }

  /** All parts change in one turn, then listeners hear of it: nobody sees a group without its members. */
  #apply(kinds: readonly string[], fresh: readonly (() => readonly string[])[]): void {
    const changes = fresh.map((act) => act());
    kinds.forEach((kind, index) => {
      const ids = changes[index] ?? [];
      if (ids.length === 0) return;
      this.#options.logger.debug('directory changed', { kind, count: ids.length });
      for (const listener of [...(this.#listeners.get(kind) ?? [])]) listener(ids);
    });
  }

  #moveTo(position: FeedPosition): void {
    const moved = position.version !== this.#position?.version || position.identity !== this.#position.identity;
    this.#position = position;
    this.#current = true;
    if (!moved) return;
    this.#unsaved = true;
    this.#saveLater();
  }

  #saveLater(): void {
    if (this.#saveTimer !== undefined || this.#saving !== undefined) return;
    this.#saveTimer = this.#options.clock.after(Math.max(saveAfterMs, this.#saveMs * saveShare), () => {
      this.#saveTimer = undefined;
      void this.#save().then(() => {
        if (this.#unsaved) this.#saveLater();
      });
    });
  }

  #save(): Promise<void> {
    const { snapshot, clock, logger } = this.#options;
    const position = this.#position;
    if (position === undefined) return Promise.resolve();
    const startMs = clock.monotonicMs();
    this.#unsaved = false;
    this.#saving = snapshot
      .write(position, this.#pages())
      .catch((error: unknown) => {
        this.#unsaved = true;
        logger.error('the snapshot cannot be written', { error });
      })
      .then(() => {
        this.#saveMs = clock.monotonicMs() - startMs;
        this.#saving = undefined;
      });
    return this.#saving;
  }

  /** Newer rows may slip in while it is written; the feed reads them again after the position. */
  *#pages(): Generator<{ kind: string; rows: readonly object[] }> {
    for (const [kind, shelf] of this.#shelves) {
      yield { kind, rows: [] };
      let page: object[] = [];
      for (const rows of shelf.rows()) {
        page.push(...rows);
        if (page.length < pageRows) continue;
        yield { kind, rows: page };
        page = [];
      }
      if (page.length > 0) yield { kind, rows: page };
    }
  }

  #shelf(kind: string): Shelf<unknown> {
    const shelf = this.#shelves.get(kind);
    if (shelf === undefined) throw new Error(`no replica part of kind ${kind}`);
    return shelf;
  }
}

async function collect(pages: AsyncGenerator<readonly object[]>): Promise<object[]> {
  const all: object[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
