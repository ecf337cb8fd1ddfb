/** Up to this many elements a list is looked through as fast as a hash table, in a third of its memory. */
const mostListed = 48;

/**
 * A set for where tens of thousands exist and most are small: a list until it has grown. Elements are compared by identity, strings
 * by what they say.
 */
export class CompactSet<T> {
  #elements: T[] | Set<T>;

  /** A set of one element, because nobody needs an empty one. */
  constructor(first: T) {
    this.#elements = [first];
  }

  get size(): number {
    return Array.isArray(this.#elements) ? this.#elements.length : this.#elements.size;
  }

  has(element: T): boolean {
    return Array.isArray(this.#elements) ? this.#elements.includes(element) : this.#elements.has(element);
  }

  add(element: T): void {
    if (!Array.isArray(this.#elements)) this.#elements.add(element);
    else if (!this.#elements.includes(element)) {
      if (this.#elements.length < mostListed) this.#elements.push(element);
      else this.#elements = new Set(this.#elements).add(element);
    }
  }

  /** @returns whether it was in. */
  delete(element: T): boolean {
    if (!Array.isArray(this.#elements)) return this.#elements.delete(element);
    const at = this.#elements.indexOf(element);
    if (at === -1) return false;
    const last = this.#elements.pop() as T;
    if (at < this.#elements.length) this.#elements[at] = last;
    return true;
  }

  /** Calls `act` for each element, in no order. It may take elements out; whether it is called for one it adds is open. */
  each(act: (element: T) => void): void {
    const elements = this.#elements;
    if (!Array.isArray(elements)) for (const element of elements) act(element);
    // From the end, because the last one takes the place of one that is taken out.
    else for (let at = elements.length - 1; at >= 0; at--) if (at < elements.length) act(elements[at] as T);
  }

  /** The elements as they are now, in no order. */
  toArray(): T[] {
    return [...this.#elements];
  }
}
