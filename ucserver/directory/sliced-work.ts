const atOnce = 500;

/**
 * Does the same for many things without holding up the event loop: a few at once, the rest in slices. What is added again
 * before its turn is done once.
 */
export class SlicedWork<T> {
  readonly #act: (one: T) => void;
  readonly #waiting = new Set<T>();
  #running: Promise<void> | undefined;

  constructor(act: (one: T) => void) {
    this.#act = act;
  }

  take(these: readonly T[]): void {
    for (const one of these) this.#waiting.add(one);
    if (this.#running !== undefined) return;
    this.#slice();
    if (this.#waiting.size > 0) this.#running = this.#continue();
  }

  /** Answers when nothing waits. */
  async done(): Promise<void> {
    await this.#running;
  }

  async #continue(): Promise<void> {
    while (this.#waiting.size > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#slice();
    }
    this.#running = undefined;
  }

  #slice(): void {
    let left = atOnce;
    for (const one of this.#waiting) {
      if (left === 0) return;
      left -= 1;
      this.#waiting.delete(one);
      this.#act(one);
    }
  }
}
