import { type Incarnation, type IncarnationId, incarnationId } from '../ids.ts';

/** Finds out in a re-sync what the peer held before and does not name any more. */
export class RollCall<Key extends string> {
  /** What was held of a peer when reading began, less what it has named since, with the versions of then. */
  readonly #unnamed = new Map<IncarnationId, Map<Key, number>>();

  /** @param held what is known of this peer */
  begin(peer: Incarnation, held: Iterable<readonly [Key, number]>): void {
    this.#unnamed.set(incarnationId(peer), new Map(held));
  }

  named(peer: Incarnation, key: Key): void {
    this.#unnamed.get(incarnationId(peer))?.delete(key);
  }

  /** @returns the keys that were not named and have not changed meanwhile. */
  end(peer: Incarnation, versionNow: (key: Key) => number | undefined): Key[] {
    const id = incarnationId(peer);
    const unnamed = this.#unnamed.get(id) ?? [];
    this.#unnamed.delete(id);
    return [...unnamed].filter(([key, version]) => versionNow(key) === version).map(([key]) => key);
  }
}
