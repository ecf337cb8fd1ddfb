import type { StoredEntry } from './commit-plan.ts';

/**
 * What the clients of this server were told of one conversation's log: everything up to `told`, and nothing out of order.
 * Entries that came too early wait until what is before them is there.
 */
export class LogState {
  #told: number;
  #head: number;
  readonly #early = new Map<number, StoredEntry>();

  /** @param told the last number the clients know of */
  constructor(told: number) {
    this.#told = told;
    this.#head = told;
  }

  /** The last number that was told. */
  get told(): number {
    return this.#told;
  }

  /** The highest number that is known to be committed. */
  get head(): number {
    return this.#head;
  }

  /** Whether something that is known to be committed could not be told yet. */
  get hasGap(): boolean {
    return this.#head > this.#told;
  }

  /** Takes an entry, in whatever order they come. @returns what can be told now, in the order of the log. */
  take(entry: StoredEntry): StoredEntry[] {
    if (entry.seq <= this.#told) return [];
    this.learn(entry.seq);
    if (entry.seq > this.#told + 1) {
      this.#early.set(entry.seq, entry);
      return [];
    }
    const ready: StoredEntry[] = [];
    for (let next: StoredEntry | undefined = entry; next !== undefined; next = this.#early.get(this.#told + 1)) {
      this.#told = next.seq;
      this.#early.delete(next.seq);
      ready.push(next);
    }
    return ready;
  }

  /** This number is committed. */
  learn(seq: number): void {
    if (seq > this.#head) this.#head = seq;
  }

  /** Everything up to the head counts as told, because the clients were asked to read it themselves. */
  skipToHead(): void {
    this.#told = this.#head;
    this.#early.clear();
  }
}
