import { fold } from './search-text.ts';
import type { UserRow } from './user.ts';

interface Place {
  readonly id: string;
  readonly key: string;
}

function compare(a: Place, b: Place): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** Index of the first place that is not before this one. */
function lowerBound(sorted: readonly Place[], place: Place): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = sorted[middle];
    if (there !== undefined && compare(there, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface OrderPage {
  /** Only these people. */
  readonly members?: ReadonlySet<string> | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** With more changes at once it is cheaper to sort anew. */
const fewChanges = 500;

/** People who are not locked, in the order of their names; sorted when somebody asks for the first time. */
export class PeopleOrder {
  readonly #rows: ReadonlyMap<string, UserRow>;
  readonly #places = new Map<string, Place>();
  #sorted: Place[] | undefined;

  constructor(rows: ReadonlyMap<string, UserRow>) {
    this.#rows = rows;
  }

  /** These rows are not what they were. */
  changed(ids: readonly string[]): void {
    const sorted = this.#sorted;
    if (sorted === undefined) return;
    if (ids.length > fewChanges) {
      this.#sorted = undefined;
      return;
    }
    for (const id of ids) {
      const before = this.#places.get(id);
      if (before !== undefined) sorted.splice(lowerBound(sorted, before), 1);
      const after = this.#placeOf(id);
      if (after === undefined) {
        this.#places.delete(id);
        continue;
      }
      sorted.splice(lowerBound(sorted, after), 0, after);
      this.#places.set(id, after);
    }
  }

  /** Ids of the people of a page. */
  page({ members, after, limit }: OrderPage): string[] {
    const sorted = members === undefined ? this.#all() : this.#sort(members);
    const from = after === undefined ? 0 : this.#firstAfter(sorted, after);
    return sorted.slice(from, from + limit).map(({ id }) => id);
  }

  #all(): readonly Place[] {
    if (this.#sorted !== undefined) return this.#sorted;
    this.#sorted = this.#sort(this.#rows.keys());
    this.#places.clear();
    for (const place of this.#sorted) this.#places.set(place.id, place);
    return this.#sorted;
  }

  #sort(ids: Iterable<string>): Place[] {
    const places: Place[] = [];
    for (const id of ids) {
      const place = this.#placeOf(id);
      if (place !== undefined) places.push(place);
    }
    return places.sort(compare);
  }

  #placeOf(id: string): Place | undefined {
    const row = this.#rows.get(id);
    return row === undefined || row.locked !== 0 ? undefined : { id, key: fold(row.display_name) };
  }

  /** Where to go on; a person who has been locked meanwhile still has a place in the order. */
  #firstAfter(sorted: readonly Place[], id: string): number {
    const row = this.#rows.get(id);
    if (row === undefined) return sorted.length;
    const last = { id, key: fold(row.display_name) };
    const at = lowerBound(sorted, last);
    return sorted[at]?.id === id ? at + 1 : at;
  }
}
