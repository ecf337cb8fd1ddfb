import type { GroupId, UserId } from '#shared/ids.ts';
import { type Replica, replicaParts } from '../database/index.ts';
import type { Group } from './user.ts';

const nobody: ReadonlySet<UserId> = new Set();
const nowhere: ReadonlySet<GroupId> = new Set();

/** Who is in which group, both ways. */
export class Memberships {
  readonly #replica: Replica;
  readonly #members = new Map<GroupId, ReadonlySet<UserId>>();
  readonly #groups = new Map<UserId, Set<GroupId>>();
  readonly #listeners = new Set<(users: readonly UserId[]) => void>();

  constructor(replica: Replica) {
    this.#replica = replica;
    const part = replicaParts.groupMembers;
    for (const id of replica.items(part).keys()) this.#take(id as GroupId);
    replica.onChange(part, (ids) => {
      const moved = new Set<UserId>();
      for (const id of ids) for (const user of this.#take(id as GroupId)) moved.add(user);
      if (moved.size > 0) for (const listener of [...this.#listeners]) listener([...moved]);
    });
  }

  byId(id: GroupId): Group | undefined {
    const row = this.#replica.items(replicaParts.groups).get(id);
    return row === undefined ? undefined : { id, name: row.name, version: row.version };
  }

  /** All groups by name. */
  all(): Group[] {
    const rows = [...this.#replica.items(replicaParts.groups).values()];
    const groups = rows.map(({ id, name, version }) => ({ id: id as GroupId, name, version }));
    return groups.sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  }

  membersOf(id: GroupId): ReadonlySet<UserId> {
    return this.#members.get(id) ?? nobody;
  }

  groupsOf(id: UserId): ReadonlySet<GroupId> {
    return this.#groups.get(id) ?? nowhere;
  }

  /** Tells whose groups changed. Answers how to stop listening. */
  onChange(listener: (users: readonly UserId[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns who came or went */
  #take(id: GroupId): UserId[] {
    const rows = this.#replica.items(replicaParts.groupMembers).get(id) ?? [];
    const before = this.membersOf(id);
    const after = new Set(rows.map(({ user_id }) => user_id as UserId));
    if (after.size === 0) this.#members.delete(id);
    else this.#members.set(id, after);
    const gone = [...before].filter((user) => !after.has(user));
    const come = [...after].filter((user) => !before.has(user));
    for (const user of gone) this.#leave(user, id);
    for (const user of come) this.#groups.set(user, (this.#groups.get(user) ?? new Set()).add(id));
    return [...gone, ...come];
  }

  #leave(user: UserId, group: GroupId): void {
    const groups = this.#groups.get(user);
    groups?.delete(group);
    if (groups?.size === 0) this.#groups.delete(user);
  }
}
