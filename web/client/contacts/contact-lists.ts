import { randomId } from '#shared/random-id.ts';
import { type Client, type ContactList, UCError, type UserId } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';

/** Favourites and groups; `undefined` while they are read, `failed` when they cannot be. */
export type KnownContacts = ContactList | 'failed' | undefined;

/** A change of the list that can be done again on a newer one. */
export type ContactChange = (list: ContactList) => ContactList;

const againMs = 3_000;
/** Two devices that change the list at once settle within a few rounds. */
const mostConflicts = 5;

/** The user's favourites and own groups, shown as changed at once and stored one change after another. */
export class Contacts {
  /** What the server has, with the changes on their way already made. */
  readonly store = new Store<KnownContacts>(undefined);
  readonly #client: Client;
  readonly #off: (() => void)[];
  /** What the server has, as far as known. */
  #base: ContactList | undefined;
  #pending: readonly ContactChange[] = [];
  #tail: Promise<unknown> = Promise.resolve();
  #session: string | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#off = [client.on('contacts.changed', (list) => this.#take(list)), client.onState(() => this.#renew())];
    this.#renew();
  }

  close(): void {
    for (const off of this.#off) off();
  }

  /** Makes a change, here at once and then on the server; here it goes away again when that fails. @throws UCError */
  change(change: ContactChange): Promise<void> {
    this.#pending = [...this.#pending, change];
    this.#show();
    const stored = this.#tail
      .then(() => this.#put(change))
      .finally(() => {
        this.#pending = this.#pending.filter((each) => each !== change);
        this.#show();
      });
    this.#tail = stored.catch(() => undefined);
    return stored;
  }

  async #put(change: ContactChange): Promise<void> {
    for (let conflicts = 0; ; conflicts += 1) {
      const base = this.#base;
      if (!base) throw new UCError('STORAGE_UNAVAILABLE');
      try {
        this.#take(await this.#client.call('contacts.put', { ...change(base), version: base.version }));
        return;
      } catch (error) {
        const current = error instanceof UCError ? (error.details?.current as ContactList | undefined) : undefined;
        if (!current || conflicts >= mostConflicts) throw error;
        this.#take(current);
      }
    }
  }

  #take(list: ContactList): void {
    if (this.#base && list.version < this.#base.version) return;
    this.#base = list;
    this.#show();
  }

  #show(): void {
    if (this.#base) this.store.set(this.#pending.reduce((list, change) => change(list), this.#base));
  }

  #renew(): void {
    const { state } = this.#client;
    if (state.phase !== 'open' || state.welcome.sessionId === this.#session) return;
    this.#session = state.welcome.sessionId;
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      this.#base = await this.#client.call('contacts.get', {});
      this.#show();
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (this.store.value === undefined) this.store.set('failed');
      if (error.retryable) this.#client.clock.after(againMs, () => void this.#read());
    }
  }
}

export const withFavourite =
  (userId: UserId, place = Number.POSITIVE_INFINITY): ContactChange =>
  (list) =>
    list.favourites.includes(userId) ? list : { ...list, favourites: inserted(list.favourites, userId, place) };

export const withoutFavourite =
  (userId: UserId): ContactChange =>
  (list) => ({ ...list, favourites: list.favourites.filter((each) => each !== userId) });

/** Moves a favourite by so many places. */
export const movedFavourite =
  (userId: UserId, by: number): ContactChange =>
  (list) => ({ ...list, favourites: moved(list.favourites, userId, by) });

export function newGroup(name: string, members: readonly UserId[] = []): ContactList['groups'][number] {
  return { id: randomId(), name, members: [...members] };
}

export const withGroup =
  (group: ContactList['groups'][number], place = Number.POSITIVE_INFINITY): ContactChange =>
  (list) =>
    list.groups.some(({ id }) => id === group.id) ? list : { ...list, groups: inserted(list.groups, group, place) };

export const withoutGroup =
  (groupId: string): ContactChange =>
  (list) => ({ ...list, groups: list.groups.filter(({ id }) => id !== groupId) });

export const renamedGroup = (groupId: string, name: string): ContactChange => onGroup(groupId, (group) => ({ ...group, name }));

export const withMember = (groupId: string, userId: UserId, place = Number.POSITIVE_INFINITY): ContactChange =>
  onGroup(groupId, (group) =>
    group.members.includes(userId) ? group : { ...group, members: inserted(group.members, userId, place) },
  );

export const withoutMember = (groupId: string, userId: UserId): ContactChange =>
  onGroup(groupId, (group) => ({ ...group, members: group.members.filter((member) => member !== userId) }));

type Group = ContactList['groups'][number];

function onGroup(groupId: string, change: (group: Group) => Group): ContactChange {
  return (list) => ({ ...list, groups: list.groups.map((group) => (group.id === groupId ? change(group) : group)) });
}

function inserted<T>(items: readonly T[], item: T, place: number): T[] {
  const next = [...items];
  next.splice(Math.min(place, items.length), 0, item);
  return next;
}

function moved<T>(items: readonly T[], item: T, by: number): T[] {
  const from = items.indexOf(item);
  const to = Math.min(items.length - 1, Math.max(0, from + by));
  if (from < 0 || to === from) return [...items];
  return inserted(
    items.filter((each) => each !== item),
    item,
    to,
  );
}
