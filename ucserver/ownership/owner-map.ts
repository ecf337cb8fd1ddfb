import { type Incarnation, type IncarnationId, incarnationId, parseIncarnation, type UserId } from '#shared/ids.ts';
import type { OwnerChangeRecord } from '#shared/mesh/contracts/ownership.ts';
import type { Owner } from './port.ts';

/** What is known of one user: who took them last, and whether that one still owns them. */
export interface Ownings {
  readonly term: number;
  readonly owner: Incarnation;
  readonly ownerId: IncarnationId;
  readonly owned: boolean;
}

/** What a change did to the map. */
export interface Applied {
  readonly userId: UserId;
  readonly owner: Owner | undefined;
  readonly previous: Owner | undefined;
}

type Version = Pick<Ownings, 'term' | 'owner'>;

/**
 * Orders ownerships of a user: by term, then server id, then life. Below 0: `a` is older.
 * A release is newer than the taking it ends; that is for {@link OwnerMap.apply}, both have the same version.
 */
export function compareVersions(a: Version, b: Version): number {
  if (a.term !== b.term) return a.term - b.term;
  if (a.owner.serverId !== b.owner.serverId) return a.owner.serverId < b.owner.serverId ? -1 : 1;
  return a.owner.life - b.owner.life;
}

interface Holding {
  readonly owner: Incarnation;
  readonly users: Map<UserId, number>;
  /** Sum of the hashes of all (user, term), modulo 2^32; independent of order. */
  hash: number;
  /** User ids in order, made when a page is asked for and dropped by the next change. */
  sorted: UserId[] | undefined;
}

/**
 * Who owns whom. Changes may come in any order, more than once and over several paths: the map is the same afterwards. A user
 * who was released stays known with the last term, so that what comes late does not bring the old owner back.
 */
export class OwnerMap {
  readonly #users = new Map<UserId, Ownings>();
  readonly #holdings = new Map<IncarnationId, Holding>();

  /** @returns what changed for the reader, or `undefined` when the change is not newer than what is known. */
  apply(change: OwnerChangeRecord): Applied | undefined {
    const before = this.#users.get(change.userId);
    const owner = this.#holdings.get(change.owner)?.owner ?? parseIncarnation(change.owner);
    const after: Ownings = { term: change.term, owner, ownerId: change.owner, owned: change.owned };
    if (before) {
      const order = compareVersions(after, before);
      if (order < 0 || (order === 0 && (after.owned || !before.owned))) return undefined;
    }
    return this.#set(change.userId, before, after);
  }

  /** The present owner. */
  ownerOf(userId: UserId): Owner | undefined {
    const known = this.#users.get(userId);
    return known?.owned ? { incarnation: known.owner, term: known.term } : undefined;
  }

  /** What is known last, also of a user nobody owns. */
  known(userId: UserId): Ownings | undefined {
    return this.#users.get(userId);
  }

  ofOwner(owner: Incarnation): Iterable<UserId> {
    return this.#holdings.get(incarnationId(owner))?.users.keys() ?? [];
  }

  /** Marks everything this incarnation owns as owned by nobody: it is dead, or has not named these users (`only`). */
  drop(owner: Incarnation, only: Iterable<UserId> = [...this.ofOwner(owner)]): Applied[] {
    const id = incarnationId(owner);
    const dropped: Applied[] = [];
    for (const userId of only) {
      const before = this.#users.get(userId);
      if (before?.owned && before.ownerId === id) dropped.push(this.#set(userId, before, { ...before, owned: false }));
    }
    return dropped;
  }

  /** Equal on two servers when they hold the same of this owner. */
  digest(owner: Incarnation): { users: number; hash: number } {
    const holding = this.#holdings.get(incarnationId(owner));
    return { users: holding?.users.size ?? 0, hash: holding?.hash ?? 0 };
  }

  /** Users of an owner in the order of their ids, at most `limit` after `after`. */
  page(owner: Incarnation, after: string | undefined, limit: number): { items: OwnerChangeRecord[]; next: string | undefined } {
    const id = incarnationId(owner);
    const holding = this.#holdings.get(id);
    if (!holding) return { items: [], next: undefined };
    holding.sorted ??= [...holding.users.keys()].sort();
    const from = after === undefined ? 0 : firstAfter(holding.sorted, after);
    const users = holding.sorted.slice(from, from + limit);
    const items = users.map((userId) => ({ userId, term: holding.users.get(userId) ?? 0, owner: id, owned: true }));
    return { items, next: from + limit < holding.sorted.length ? users.at(-1) : undefined };
  }

  #set(userId: UserId, before: Ownings | undefined, after: Ownings): Applied {
    if (before?.owned) this.#unhold(userId, before);
    this.#users.set(userId, after);
    if (after.owned) this.#hold(userId, after);
    return {
      userId,
      owner: after.owned ? { incarnation: after.owner, term: after.term } : undefined,
      previous: before?.owned ? { incarnation: before.owner, term: before.term } : undefined,
    };
  }

  #hold(userId: UserId, { ownerId, owner, term }: Ownings): void {
    let holding = this.#holdings.get(ownerId);
    if (!holding) {
      holding = { owner, users: new Map(), hash: 0, sorted: undefined };
      this.#holdings.set(ownerId, holding);
    }
    holding.users.set(userId, term);
    holding.hash = (holding.hash + hashOf(userId, term)) >>> 0;
    holding.sorted = undefined;
  }

  #unhold(userId: UserId, { ownerId, term }: Ownings): void {
    const holding = this.#holdings.get(ownerId);
    if (!holding?.users.delete(userId)) return;
    holding.hash = (holding.hash - hashOf(userId, term)) >>> 0;
    holding.sorted = undefined;
    if (holding.users.size === 0) this.#holdings.delete(ownerId);
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

/** FNV-1a, 32 bits, of the user's id and term. */
function hashOf(userId: UserId, term: number): number {
  const text = `${userId}:${term}`;
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
