import type { ServerAddress, ServerId } from './types.ts';

export interface Candidate {
  /** Origin such as `https://uc1.example.com`. */
  readonly url: string;
  /** Unknown for an address that was typed in and has not answered yet. */
  readonly id?: ServerId;
}

/** Every server this client knows: those it was started with and those it was told of. Immutable. */
export class ServerList {
  readonly #seeds: readonly string[];
  readonly #learned: readonly ServerAddress[];

  constructor(seeds: readonly string[], learned: readonly ServerAddress[] = []) {
    this.#seeds = seeds.map(originOf);
    this.#learned = learned.map(({ id, url }) => ({ id, url: originOf(url) }));
  }

  get learned(): readonly ServerAddress[] {
    return this.#learned;
  }

  learn(servers: readonly ServerAddress[]): ServerList {
    return new ServerList(this.#seeds, servers);
  }

  idOf(url: string): ServerId | undefined {
    return this.#learned.find((server) => server.url === originOf(url))?.id;
  }

  /**
   * In which order to try: the preferred one first, then those the company says it has, shuffled, then addresses given at the
   * start that it does not (or no longer) name.
   *
   * @param random Numbers in [0, 1).
   */
  inOrder(preferred: string | undefined, random: () => number): Candidate[] {
    const learned = shuffle(this.#learned, random);
    const known = new Set(learned.map(({ url }) => url));
    const all: Candidate[] = [...learned, ...this.#seeds.filter((url) => !known.has(url)).map((url) => ({ url }))];
    const first = preferred === undefined ? undefined : originOf(preferred);
    return [...all.filter(({ url }) => url === first), ...all.filter(({ url }) => url !== first)];
  }
}

function originOf(url: string): string {
  return new URL(url).origin;
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
