const words = 30_000;
const syllables = [
  ...[
    'an',
    'be',
    'chen',
    'da',
    'ein',
    'fer',
    'gen',
    'hal',
    'in',
    'jo',
    'keit',
    'lich',
    'mung',
    'nis',
    'ob',
    'pro',
    'qua',
    'rech',
  ],
  ...['schu', 'tag', 'um', 'ver', 'wer', 'xa', 'yp', 'zei', 'ä', 'ö', 'ü', 'schaft', 'ter', 'lung', 'per', 'sto', 'kon', 'mi'],
];

/** Words as often as people use them: the n-th word 1/n times as often as the first. The same in every run. */
export class Vocabulary {
  readonly #words: readonly string[];
  /** Where in 0–1 each word ends. */
  readonly #ends: Float64Array;

  constructor() {
    const random = this.random(0x5eed);
    const made = new Set<string>();
    while (made.size < words) {
      const length = 1 + Math.floor(random() * 4);
      made.add(Array.from({ length }, () => syllables[Math.floor(random() * syllables.length)]).join(''));
    }
    this.#words = [...made];
    this.#ends = new Float64Array(words);
    let sum = 0;
    for (let rank = 0; rank < words; rank++) {
      sum += 1 / (rank + 1);
      this.#ends[rank] = sum;
    }
    for (let rank = 0; rank < words; rank++) this.#ends[rank] = (this.#ends[rank] ?? 0) / sum;
  }

  /** Numbers in [0, 1), the same for the same seed (mulberry32). */
  random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    };
  }

  /** The word of this rank, 0 being the most frequent. */
  word(rank: number): string {
    return this.#words[rank] ?? '';
  }

  get size(): number {
    return words;
  }

  /** Some words as people write them. */
  sentence(random: () => number): string {
    const length = 4 + Math.floor(random() * 14);
    return `${Array.from({ length }, () => this.#pick(random())).join(' ')}.`;
  }

  #pick(place: number): string {
    let [low, high] = [0, words - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] ?? 1) < place) low = middle + 1;
      else high = middle;
    }
    return this.word(low);
  }
}
