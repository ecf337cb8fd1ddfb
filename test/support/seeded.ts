/** Random choices that are the same again for the same seed. */
export class Seeded {
  readonly seed: number;
  #state: number;

  /** @param seed default: one of its own, or that of the environment (`UCMESH_TEST_SEED`), to see a failure again */
  constructor(seed = Number(process.env.UCMESH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))) {
    this.seed = seed;
    this.#state = seed;
  }

  /** Another sequence, which depends on this one's seed and the number alone: who asks first does not matter. */
  branch(number: number): Seeded {
    return new Seeded(Math.imul(this.seed ^ (number + 1), 0x9e3779b1) >>> 0);
  }

  /** 0 ≤ value < 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** least ≤ value < end */
  between(least: number, end: number): number {
    return least + this.next() * (end - least);
  }

  /** @throws RangeError when there is nothing to choose from */
  of<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('nothing to choose from');
    return choices[Math.floor(this.next() * choices.length)] as T;
  }
}
