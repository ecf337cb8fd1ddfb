/** Above this many the recent words join the others. */
const mostRecent = 2_000;

/** The words of a list from an index to before another. */
export interface Run {
  readonly words: readonly string[];
  readonly from: number;
  readonly to: number;
}

/**
 * Distinct words in order. A few recent ones stand in a list of their own, because putting one into the place it has among
 * hundreds of thousands costs more than looking into two lists.
 */
export class SortedWords {
  #settled: string[] = [];
  #recent: string[] = [];
  #unsorted: string[] = [];

  /** @param word one that was not added before */
  add(word: string): void {
    this.#unsorted.push(word);
  }

  /** Where the words with this beginning stand: two runs, each in order. */
  startingWith(beginning: string): readonly Run[] {
    this.#sort();
    // No word holds U+FFFF: it is not a character.
    return [this.#settled, this.#recent].map((words) => ({
      words,
      from: lowerBound(words, beginning),
      to: lowerBound(words, `${beginning}\uffff`),
    }));
  }

  #sort(): void {
    if (this.#unsorted.length === 0) return;
    this.#recent = merged(this.#recent, this.#unsorted.sort());
    this.#unsorted = [];
    if (this.#recent.length <= mostRecent) return;
    this.#settled = merged(this.#settled, this.#recent);
    this.#recent = [];
  }
}

function lowerBound(sorted: readonly string[], word: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < word) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merged(some: readonly string[], others: readonly string[]): string[] {
  const all: string[] = [];
  let next = 0;
  for (const word of some) {
    for (let other = others[next]; other !== undefined && other < word; other = others[next]) {
      all.push(other);
      next += 1;
    }
    all.push(word);
  }
  return all.concat(others.slice(next));
}
