import { type Client, type GroupId, UCError, type UserId } from '#web/api/index.ts';
import type { People } from '#web/client/people/people.ts';
import { Store } from '#web/ui/store.ts';

export interface PeoplePage {
  readonly userIds: readonly UserId[];
  readonly state: 'idle' | 'loading' | 'failed';
  readonly more: boolean;
}

const pageSize = 200;

/** All people of the company or of a group, read page by page as a list is scrolled. */
export class PeoplePages {
  readonly store = new Store<PeoplePage>({ userIds: [], state: 'idle', more: true });
  readonly #client: Client;
  readonly #people: People;
  readonly #groupId: GroupId | undefined;
  #cursor: string | undefined;

  constructor(client: Client, people: People, groupId?: GroupId) {
    this.#client = client;
    this.#people = people;
    this.#groupId = groupId;
  }

  /** Reads the next page; nothing while one is being read or when there is none. */
  async loadMore(): Promise<void> {
    const { userIds, state, more } = this.store.value;
    if (state === 'loading' || !more) return;
    this.store.set({ userIds, more, state: 'loading' });
    try {
      const page = await this.#client.call('directory.people', {
        limit: pageSize,
        ...(this.#groupId === undefined ? {} : { groupId: this.#groupId }),
        ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
      });
      this.#people.learn(page.people);
      this.#cursor = page.nextCursor;
      const known = new Set(userIds);
      const added = page.people.map(({ userId }) => userId).filter((userId) => !known.has(userId));
      this.store.set({ userIds: [...userIds, ...added], state: 'idle', more: page.nextCursor !== undefined });
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      this.store.set({ userIds, more, state: 'failed' });
    }
  }
}
