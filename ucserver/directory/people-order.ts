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

export interface OrderPage {
  /** Only these people. */
  readonly members?: ReadonlySet<string> | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** People in the order of their names; sorted when somebody asks. */
export class PeopleOrder {
  readonly #rows: ReadonlyMap<string, UserRow>;
  #sorted: readonly Place[] | undefined;

  constructor(rows: ReadonlyMap<string, UserRow>) {
    this.#rows = rows;
  }

  /** The rows are not what they were. */
  changed(): void {
    this.#sorted = undefined;
  }

  /** Ids of the people of a page. */
  page({ members, after, limit }: OrderPage): string[] {
    const sorted = members === undefined ? this.#all() : this.#sort(members);
    const from = after === undefined ? 0 : this.#firstAfter(sorted, after);
    return sorted.slice(from, from + limit).map(({ id }) => id);
  }

  #all(): readonly Place[] {
    this.#sorted ??= this.#sort(this.#rows.keys());
    return this.#sorted;
  }

  #sort(ids: Iterable<string>): Place[] {
    const places: Place[] = [];
    for (const id of ids) {
      const row = this.#rows.get(id);
      if (row !== undefined && row.locked === 0) places.push({ id, key: fold(row.display_name) });
    }
    return places.sort(compare);
  }

  /** Where to go on; a person who has been locked meanwhile still has a place in the order. */
  #firstAfter(sorted: readonly Place[], id: string): number {
    const row = this.#rows.get(id);
    if (row === undefined) return sorted.length;
    const last = { id, key: fold(row.display_name) };
    const index = sorted.findIndex((place) => compare(place, last) > 0);
    return index === -1 ? sorted.length : index;
  }
}
