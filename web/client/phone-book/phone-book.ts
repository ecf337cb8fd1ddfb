import type { PhoneBookContact } from '#shared/protocol/phone-book.ts';
import { type Client, UCError } from '#web/api/index.ts';
import { Store } from '#web/ui/store.ts';

export interface PhoneBookList {
  readonly state: 'loading' | 'ready' | 'failed';
  readonly contacts: readonly PhoneBookContact[];
  /** There are further ones. */
  readonly more: boolean;
}

const nothing: PhoneBookList = { state: 'loading', contacts: [], more: false };
/** Typing pauses this long before the server is asked. */
const pauseMs = 150;
const pageSize = 50;
const mostFound = 100;

/** The phone books of the company: all contacts by name, or those that one looks for. */
export class PhoneBookSearch {
  readonly query = new Store('');
  readonly list = new Store<PhoneBookList>(nothing);
  readonly #client: Client;
  #asked = 0;
  #timer: ReturnType<Client['clock']['after']> | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  close(): void {
    this.#timer?.stop();
    this.#asked++;
  }

  /** Reads anew what is shown: books may have been imported meanwhile. */
  show(): void {
    this.#begin(0);
  }

  look(query: string): void {
    this.query.set(query);
    this.#begin(pauseMs);
  }

  async loadMore(): Promise<void> {
    const { state, more, contacts } = this.list.value;
    const last = contacts.at(-1);
    if (state === 'ready' && more && last) await this.#ask(last.id);
  }

  #begin(afterMs: number): void {
    this.#timer?.stop();
    this.#asked++;
    this.list.set({ ...this.list.value, state: 'loading' });
    this.#timer = this.#client.clock.after(afterMs, () => void this.#ask());
  }

  async #ask(cursor?: string): Promise<void> {
    const turn = ++this.#asked;
    const before = cursor === undefined ? [] : this.list.value.contacts;
    this.list.set({ ...this.list.value, state: 'loading' });
    try {
      const { contacts, more } = await this.#read(this.query.value.trim(), cursor);
      if (turn === this.#asked) this.list.set({ state: 'ready', contacts: [...before, ...contacts], more });
    } catch (error) {
      if (!(error instanceof UCError)) throw error;
      if (turn === this.#asked) this.list.set({ ...nothing, contacts: before, state: 'failed' });
    }
  }

  async #read(query: string, cursor: string | undefined): Promise<Pick<PhoneBookList, 'contacts' | 'more'>> {
    if (query !== '') {
      const { contacts } = await this.#client.call('phoneBook.search', { query: query.slice(0, 100), limit: mostFound });
      return { contacts, more: false };
    }
    const page = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
    const { contacts, nextCursor } = await this.#client.call('phoneBook.list', page);
    return { contacts, more: nextCursor !== undefined };
  }
}
