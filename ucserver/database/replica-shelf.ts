import type { ReplicaPart } from './replica-part.ts';

/** The objects of one part in memory, with the rows they were made of. */
export class Shelf<Item> {
  readonly part: ReplicaPart<Item>;
  readonly items = new Map<string, Item>();
  readonly #rows = new Map<string, readonly object[]>();

  constructor(part: ReplicaPart<Item>) {
    this.part = part;
  }

  /** The rows of each object. */
  rows(): Iterable<readonly object[]> {
    return this.#rows.values();
  }

  /** These are all rows there are. @returns ids of the objects that are new, gone or different */
  replace(rows: readonly object[]): readonly string[] {
    const fresh = this.#grouped(rows);
    const gone = [...this.#rows.keys()].filter((id) => !fresh.has(id));
    return this.#set([...gone, ...fresh.keys()], fresh);
  }

  /** These are all rows of these objects. @returns ids of the objects that are new, gone or different */
  update(ids: readonly string[], rows: readonly object[]): readonly string[] {
    return this.#set(ids, this.#grouped(rows));
  }

  #set(ids: readonly string[], fresh: ReadonlyMap<string, readonly object[]>): readonly string[] {
    return ids.filter((id) => {
      const before = this.#rows.get(id);
      const after = fresh.get(id);
      if (after === undefined) {
        this.items.delete(id);
        return this.#rows.delete(id);
      }
      if (before !== undefined && sameRows(before, after)) return false;
      this.#rows.set(id, after);
      this.items.set(id, this.part.toItem(after));
      return true;
    });
  }

  #grouped(rows: readonly object[]): Map<string, object[]> {
    const groups = new Map<string, object[]>();
    for (const row of rows) {
      const id = this.part.idOf(row as never);
      const group = groups.get(id);
      if (group === undefined) groups.set(id, [row]);
      else group.push(row);
    }
    return groups;
  }
}

/** Rows hold only numbers, texts and nulls. */
function sameRows(before: readonly object[], after: readonly object[]): boolean {
  return before.length === after.length && before.every((row, index) => sameRow(row, after[index] ?? {}));
}

function sameRow(before: object, after: object): boolean {
  const old = before as Readonly<Record<string, unknown>>;
  const entries = Object.entries(after);
  return entries.length === Object.keys(old).length && entries.every(([column, value]) => old[column] === value);
}
