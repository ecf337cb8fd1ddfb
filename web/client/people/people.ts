import { type Client, Emitter, type Person, UCError, type Unsubscribe, type UserId } from '#web/api/index.ts';

const mostPerRequest = 500;
const gatherMs = 20;
const againMs = 3_000;

/** What is known of a person's card: `undefined` while it is being asked for, `null` when there is nobody of this id. */
export type KnownPerson = Person | null | undefined;

/** The cards of people, asked for together and anew when they change. */
export class People {
  readonly #client: Client;
  readonly #cards = new Map<UserId, Person | null>();
  readonly #asked = new Set<UserId>();
  readonly #waiting = new Set<UserId>();
  readonly #changes = new Emitter<ReadonlySet<UserId>>();
  readonly #off: Unsubscribe;
  #gathering = false;

  constructor(client: Client) {
    this.#client = client;
    this.#off = client.on('directory.changed', ({ userIds }) => this.#renew(userIds));
  }

  /** The card as far as it is here; asks for it when it is not. */
  get(userId: UserId): KnownPerson {
    const card = this.#cards.get(userId);
    if (card === undefined && !this.#asked.has(userId)) this.#ask(userId);
    return card;
  }

  /** Takes cards that came with another answer. */
  learn(people: readonly Person[]): void {
    for (const person of people) this.#cards.set(person.userId, person);
    this.#changes.emit(new Set(people.map(({ userId }) => userId)));
  }

  onChange(listener: (userIds: ReadonlySet<UserId>) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  close(): void {
    this.#off();
  }

  #renew(userIds: readonly UserId[]): void {
    for (const userId of userIds) if (this.#cards.has(userId)) this.#ask(userId);
  }

  #ask(userId: UserId): void {
    this.#asked.add(userId);
    this.#waiting.add(userId);
    if (this.#gathering) return;
    this.#gathering = true;
    this.#client.clock.after(gatherMs, () => void this.#fetch());
  }

  async #fetch(): Promise<void> {
    this.#gathering = false;
    const userIds = [...this.#waiting].slice(0, mostPerRequest);
    for (const userId of userIds) this.#waiting.delete(userId);
    try {
      const { people } = await this.#client.call('directory.get', { userIds });
      const found = new Set(people.map(({ userId }) => userId));
      for (const userId of userIds) if (!found.has(userId)) this.#cards.set(userId, null);
      for (const userId of userIds) this.#asked.delete(userId);
      this.learn(people);
      if (found.size < userIds.length) this.#changes.emit(new Set(userIds));
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (error.code === 'NOT_SIGNED_IN') return;
      this.#client.clock.after(againMs, () => userIds.forEach((userId) => void this.#ask(userId)));
    }
    if (this.#waiting.size > 0) void this.#fetch();
  }
}
