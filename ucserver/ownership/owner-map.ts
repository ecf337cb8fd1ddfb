import { type Incarnation, type IncarnationId, incarnationId, parseIncarnation, type UserId } from '#shared/ids.ts';
import type { OwnerChangeRecord } from '#shared/mesh/contracts/ownership.ts';
import { VersionedKeys } from '#shared/mesh/versioned-keys.ts';
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
  /** The users and their terms. */
  readonly users: VersionedKeys<UserId>;
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
    const { count, hash } = this.#holdings.get(incarnationId(owner))?.users.digest() ?? { count: 0, hash: 0 };
    return { users: count, hash };
  }

  /** Users of an owner in the order of their ids, at most `limit` after `after`. */
  page(owner: Incarnation, after: string | undefined, limit: number): { items: OwnerChangeRecord[]; next: string | undefined } {
    const id = incarnationId(owner);
    const users = this.#holdings.get(id)?.users;
    if (users === undefined) return { items: [], next: undefined };
    const { keys, next } = users.page(after, limit);
    return { items: keys.map((userId) => ({ userId, term: users.versionOf(userId) ?? 0, owner: id, owned: true })), next };
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
    if (holding === undefined) {
      holding = { owner, users: new VersionedKeys() };
      this.#holdings.set(ownerId, holding);
    }
    holding.users.set(userId, term);
  }

  #unhold(userId: UserId, { ownerId }: Ownings): void {
    const users = this.#holdings.get(ownerId)?.users;
    if (users?.delete(userId) && users.size === 0) this.#holdings.delete(ownerId);
  }
}
