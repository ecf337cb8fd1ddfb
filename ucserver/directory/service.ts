import { type GroupId, randomId, type UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, type Replica, replicaParts, StatementError } from '../database/index.ts';
import { Memberships } from './memberships.ts';
import { PeopleIndex } from './people-index.ts';
import { PeopleOrder } from './people-order.ts';
import { checkPicture, type Picture } from './picture.ts';
import { directoryProcedures, type Origin, pictureOf, type UserChange } from './repository.ts';
import { SlicedWork } from './sliced-work.ts';
import { erasedSignIn, foldSignIn, type Group, toUser, type User, type UserRow } from './user.ts';
import { type NewUser, newRow, patchColumns, type UserPatch } from './user-fields.ts';

export interface DirectoryOptions {
  readonly database: Database;
  readonly replica: Replica;
  readonly clock: Clock;
}

/** Who changes something, for the record. */
export interface Author {
  readonly actor: UserId | 'system';
  /** Network address it comes from. */
  readonly from?: string | undefined;
}

export interface NewUserRequest {
  readonly user: NewUser;
  /** Verifier of the first password; without one the person cannot sign in with a password. */
  readonly passwordHash?: string | undefined;
}

/** The people and groups of the company, from memory; changes go to SQL and answer when this server sees them. */
export class Directory {
  readonly groups: Memberships;
  readonly #database: Database;
  readonly #replica: Replica;
  readonly #clock: Clock;
  readonly #rows: ReadonlyMap<string, UserRow>;
  readonly #users = new WeakMap<UserRow, User>();
  readonly #bySignIn = new Map<string, string>();
  /** What the tables above were made of, to take it out again. */
  readonly #signIns = new Map<string, string>();
  readonly #index = new PeopleIndex();
  readonly #indexer = new SlicedWork<string>((id) => this.#reindex(id));
  readonly #order: PeopleOrder;
  readonly #listeners = new Set<(ids: readonly UserId[]) => void>();

  constructor({ database, replica, clock }: DirectoryOptions) {
    this.#database = database;
    this.#replica = replica;
    this.#clock = clock;
    this.#rows = replica.items(replicaParts.users);
    this.#order = new PeopleOrder(this.#rows);
    this.groups = new Memberships(replica);
    this.#take([...this.#rows.keys()]);
    replica.onChange(replicaParts.users, (ids) => {
      this.#take(ids);
      for (const listener of [...this.#listeners]) listener(ids as readonly UserId[]);
    });
  }

  get size(): number {
    return this.#rows.size;
  }

  byId(id: UserId): User | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    const known = this.#users.get(row);
    if (known !== undefined) return known;
    const user = toUser(row);
    this.#users.set(row, user);
    return user;
  }

  /** Finds a person by what they typed as their sign-in name. */
  bySignIn(signIn: string): User | undefined {
    const id = this.#bySignIn.get(foldSignIn(signIn));
    return id === undefined ? undefined : this.byId(id as UserId);
  }

  /** Whether what was stored of a person was erased. */
  isErased(id: UserId): boolean {
    return this.#rows.get(id)?.sign_in === erasedSignIn(id);
  }

  /** All people, locked ones too, in no order. */
  *all(): Generator<User> {
    for (const id of this.#rows.keys()) {
      const user = this.byId(id as UserId);
      if (user !== undefined) yield user;
    }
  }

  /** Answers when everybody in memory can be found by {@link search}; soon after the start and after very large changes. */
  searchReady(): Promise<void> {
    return this.#indexer.done();
  }

  /** People whose name, e-mail, department or work phone has words that begin like those of the query, best first; locked ones are left out. */
  search(query: string, limit: number): User[] {
    return this.#usersOf(this.#index.search(query, limit));
  }

  /**
   * People by name, locked ones left out.
   *
   * @param after id of the last person of the page before
   */
  people({ groupId, after, limit }: { groupId?: GroupId | undefined; after?: UserId | undefined; limit: number }): User[] {
    const members = groupId === undefined ? undefined : this.groups.membersOf(groupId);
    return this.#usersOf(this.#order.page({ members, after, limit }));
  }

  /** Tells who was added, changed or removed. Answers how to stop listening. */
  onChange(listener: (ids: readonly UserId[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws UCError STORAGE_UNAVAILABLE */
  picture(id: UserId): Promise<Picture | undefined> {
    return pictureOf(this.#database, id);
  }

  /** Answers the picture's version. @throws UCError TOO_LARGE, BAD_REQUEST, NOT_FOUND, STORAGE_UNAVAILABLE */
  async setPicture(id: UserId, bytes: Uint8Array, author: Author): Promise<number> {
    const mediaType = checkPicture(bytes);
    const version = await this.#database.run(directoryProcedures.setPicture, {
      id,
      mediaType,
      bytes,
      origin: this.#origin(author),
    });
    await this.#replica.refresh();
    return version;
  }

  /** @throws UCError NOT_FOUND, STORAGE_UNAVAILABLE */
  async removePicture(id: UserId, author: Author): Promise<void> {
    await this.#database.run(directoryProcedures.removePicture, { id, origin: this.#origin(author) });
    await this.#replica.refresh();
  }

  /** @throws UCError BAD_REQUEST naming the wrong field, also for a sign-in name that is taken; STORAGE_UNAVAILABLE */
  async createUser(request: NewUserRequest, author: Author): Promise<User> {
    const [user] = await this.createUsers([request], author);
    if (user === undefined) throw new UCError('NOT_FOUND');
    return user;
  }

  /** All or none of them. @throws as {@link createUser} */
  async createUsers(requests: readonly NewUserRequest[], author: Author): Promise<User[]> {
    const at = this.#clock.wallMs();
    const users = requests.map(({ user, passwordHash }) =>
      newRow(user, { id: randomId(), passwordHash: passwordHash ?? null, at }),
    );
    const origins = users.map(() => this.#origin(author));
    await namingTaken(this.#database.run(directoryProcedures.createUsers, { users, origins }));
    await this.#replica.refresh();
    return this.#usersOf(users.map(({ id }) => id));
  }

  /**
   * @param version the one that was read; undefined: changes whatever stands there
   * @throws UCError BAD_REQUEST naming the wrong field, NOT_FOUND, VERSION_CONFLICT, STORAGE_UNAVAILABLE
   */
  async updateUser(id: UserId, patch: UserPatch, author: Author, version?: number): Promise<User> {
    return this.#change({ id, version, columns: patchColumns(patch), endTokens: false, action: 'user.update' }, author);
  }

  /** Locks a person out, which ends their tokens, or lets them in again. @throws UCError NOT_FOUND, STORAGE_UNAVAILABLE */
  async lockUser(id: UserId, locked: boolean, author: Author): Promise<User> {
    const action = locked ? 'user.lock' : 'user.unlock';
    return this.#change({ id, columns: { locked: locked ? 1 : 0 }, endTokens: locked, action }, author);
  }

  /**
   * Stores another verifier.
   * @param endTokens whether all tokens made before are void; not for whoever changes their own and stays signed in on this device
   * @throws UCError NOT_FOUND, STORAGE_UNAVAILABLE
   */
  async setPasswordHash(id: UserId, passwordHash: string, author: Author, endTokens = true): Promise<User> {
    const columns = { password_hash: passwordHash };
    return this.#change({ id, columns, endTokens, action: 'user.password' }, author);
  }

  /** @throws UCError STORAGE_UNAVAILABLE */
  async createGroup(name: string, members: readonly UserId[], author: Author): Promise<Group> {
    const origin = this.#origin(author);
    const group = { id: randomId() as GroupId, name, version: 1 };
    const row = { ...group, created_at: origin.at };
    await this.#database.run(directoryProcedures.createGroup, { group: row, members: [...new Set(members)], origin });
    await this.#replica.refresh();
    return group;
  }

  /** @throws UCError NOT_FOUND, STORAGE_UNAVAILABLE */
  async changeMembers(
    id: GroupId,
    changes: { add?: readonly UserId[]; remove?: readonly UserId[] },
    author: Author,
  ): Promise<void> {
    const { add = [], remove = [] } = changes;
    await this.#database.run(directoryProcedures.changeMembers, { id, add, remove, origin: this.#origin(author) });
    await this.#replica.refresh();
  }

  async #change(change: Omit<UserChange, 'origin'>, author: Author): Promise<User> {
    await namingTaken(this.#database.run(directoryProcedures.changeUser, { ...change, origin: this.#origin(author) }));
    await this.#replica.refresh();
    const user = this.byId(change.id as UserId);
    if (user === undefined) throw new UCError('NOT_FOUND');
    return user;
  }

  #origin({ actor, from }: Author): Origin {
    return { id: randomId(), at: this.#clock.wallMs(), actor, from };
  }

  #usersOf(ids: readonly string[]): User[] {
    return ids.map((id) => this.byId(id as UserId)).filter((user) => user !== undefined);
  }

  #take(ids: readonly string[]): void {
    for (const id of ids) {
      const before = this.#signIns.get(id);
      if (before !== undefined && this.#bySignIn.get(before) === id) this.#bySignIn.delete(before);
      const row = this.#rows.get(id);
      if (row === undefined) {
        this.#signIns.delete(id);
        continue;
      }
      this.#signIns.set(id, row.sign_in);
      this.#bySignIn.set(row.sign_in, id);
    }
    this.#order.changed(ids);
    this.#indexer.take(ids);
  }

  #reindex(id: string): void {
    const row = this.#rows.get(id);
    if (row !== undefined && row.locked === 0) this.#index.set(id, row);
    else this.#index.delete(id);
  }
}

/** The one unique thing of a person beside the id is the sign-in name. */
async function namingTaken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof StatementError && error.kind === 'duplicate')) throw error;
    throw new UCError('BAD_REQUEST', 'This sign-in name is taken.', { field: 'params.signIn', cause: error });
  }
}
