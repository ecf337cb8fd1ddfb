import { compareItems, type Line, lineOf, nameOf, type OutboxItem } from './item.ts';

/**
 * What this server knows of one pending item. `accepting`: on its way into spool and Redis; `uncertain`: in our spool, and Redis
 * has not confirmed it (yet); `pending`: it was seen in Redis.
 */
export interface KnownItem {
  item: OutboxItem;
  state: 'accepting' | 'uncertain' | 'pending';
  /** Since when it is known here, monotonic ms. */
  readonly sinceMs: number;
  /** The connection to Redis over which it was confirmed last; see `Outbox`. */
  addedOver: number;
}

interface KnownLine {
  readonly items: Map<string, KnownItem>;
  /** The highest place since the line is carried. */
  highest: number;
  /** Redis has held something of it, so only Redis can say that nothing is left. */
  shared: boolean;
}

/** The pending items that a server knows of, by line. A line is *carried* from its first item until Redis said none is left. */
export class KnownItems {
  readonly #lines = new Map<Line, KnownLine>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  carries(line: Line): boolean {
    return this.#lines.has(line);
  }

  get(item: Pick<OutboxItem, 'kind' | 'key' | 'id'>): KnownItem | undefined {
    return this.#lines.get(lineOf(item))?.items.get(nameOf(item));
  }

  /** What others may see of an item. */
  find(name: Pick<OutboxItem, 'kind' | 'key' | 'id'>): OutboxItem | undefined {
    const known = this.get(name);
    return known?.state === 'pending' ? known.item : undefined;
  }

  /** Whether an item of this name is known to be pending. */
  isPending(name: string): boolean {
    return this.#lines.get(name.slice(0, name.lastIndexOf('/')))?.items.get(name)?.state === 'pending';
  }

  /** The highest place of a line; 0 when nothing is known of it. */
  highest(line: Line): number {
    return this.#lines.get(line)?.highest ?? 0;
  }

  add(known: KnownItem): void {
    const line = lineOf(known.item);
    let at = this.#lines.get(line);
    if (at === undefined) {
      at = { items: new Map(), highest: 0, shared: false };
      this.#lines.set(line, at);
    }
    const name = nameOf(known.item);
    if (!at.items.has(name)) this.#size++;
    at.items.set(name, known);
    at.highest = Math.max(at.highest, known.item.place);
    if (known.state !== 'accepting') at.shared = true;
  }

  /** It has left the state `accepting`. */
  becomes(known: KnownItem, state: 'uncertain' | 'pending'): void {
    known.state = state;
    const line = this.#lines.get(lineOf(known.item));
    if (line !== undefined) line.shared = true;
  }

  /** @returns whether it was known. The line is still carried unless only this server knew of it. */
  remove(item: OutboxItem): boolean {
    const key = lineOf(item);
    const line = this.#lines.get(key);
    if (line?.items.delete(nameOf(item)) !== true) return false;
    this.#size--;
    if (line.items.size === 0 && !line.shared) this.#lines.delete(key);
    return true;
  }

  /** Carried lines without a known item: somebody should read whether any is left. */
  emptied(): Line[] {
    return [...this.#lines].filter(([, { items }]) => items.size === 0).map(([line]) => line);
  }

  /** Redis said that nothing is left of a line; nothing happens when an item came meanwhile. */
  close(line: Line): void {
    if (this.#lines.get(line)?.items.size === 0) this.#lines.delete(line);
  }

  /** What others may see of a line, in order. */
  pendingOf(line: Line): OutboxItem[] {
    const items = [...(this.#lines.get(line)?.items.values() ?? [])];
    return items
      .filter(({ state }) => state === 'pending')
      .map(({ item }) => item)
      .sort(compareItems);
  }

  lines(): IterableIterator<Line> {
    return this.#lines.keys();
  }

  /** Since when the oldest is known (monotonic ms); `undefined` when there is none. Items of a line become known one after another. */
  oldestSinceMs(): number | undefined {
    let oldest: number | undefined;
    for (const { items } of this.#lines.values()) {
      const first = items.values().next().value;
      if (first !== undefined) oldest = Math.min(first.sinceMs, oldest ?? first.sinceMs);
    }
    return oldest;
  }

  *all(): Generator<KnownItem> {
    for (const { items } of this.#lines.values()) yield* items.values();
  }
}
