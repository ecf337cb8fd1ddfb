import { textHash } from '../text-hash.ts';

/** What two servers compare to see whether they hold the same. */
export interface KeysDigest {
  readonly count: number;
  readonly hash: number;
}

/**
 * Keys with a version each: what one server holds of something, kept by itself and by all others. They are compared by a digest
 * that does not depend on order, and read again in pages.
 */
export class VersionedKeys<Key extends string> {
  readonly #versions = new Map<Key, number>();
  /** Sum of the hashes of all keys and versions, modulo 2^32. */
  #hash = 0;
  /** Keys in order, made when a page is asked for and dropped by the next change of the set. */
  #sorted: Key[] | undefined;

  get size(): number {
    return this.#versions.size;
  }

  versionOf(key: Key): number | undefined {
    return this.#versions.get(key);
  }

  keys(): Iterable<Key> {
    return this.#versions.keys();
  }

  entries(): Iterable<readonly [Key, number]> {
    return this.#versions.entries();
  }

  set(key: Key, version: number): void {
    const before = this.#versions.get(key);
    if (before === undefined) this.#sorted = undefined;
    else this.#hash = (this.#hash - hashOf(key, before)) >>> 0;
    this.#versions.set(key, version);
    this.#hash = (this.#hash + hashOf(key, version)) >>> 0;
  }

  /** @returns whether it was there. */
  delete(key: Key): boolean {
    const version = this.#versions.get(key);
    if (version === undefined) return false;
    this.#versions.delete(key);
    this.#hash = (this.#hash - hashOf(key, version)) >>> 0;
    this.#sorted = undefined;
    return true;
  }

  digest(): KeysDigest {
    return { count: this.#versions.size, hash: this.#hash };
  }

  /** Keys in their order, at most `limit` after `after`; `next` is where the next page begins, if there is one. */
  page(after: string | undefined, limit: number): { readonly keys: readonly Key[]; readonly next: string | undefined } {
    this.#sorted ??= [...this.#versions.keys()].sort();
    const from = after === undefined ? 0 : firstAfter(this.#sorted, after);
    const keys = this.#sorted.slice(from, from + limit);
    return { keys, next: from + limit < this.#sorted.length ? keys.at(-1) : undefined };
  }
}

function firstAfter(sorted: readonly string[], after: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hashOf(key: string, version: number): number {
  return textHash(`${key}:${version}`);
}
