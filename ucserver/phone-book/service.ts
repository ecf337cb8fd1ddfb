import { UCError } from '#shared/protocol/errors.ts';
import type { Params, Result } from '#shared/protocol/index.ts';
import type { CallParty } from '#shared/protocol/journal.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Replica, replicaParts } from '#ucserver/database/index.ts';
import { BooksInMemory } from './books-in-memory.ts';
import { PeopleNumbers, type PeopleNumbersOptions } from './people-numbers.ts';
import type { CallerNames } from './port.ts';
import { contactsOf } from './repository.ts';

export interface PhoneBooksOptions extends PeopleNumbersOptions {
  readonly replica: Pick<Replica, 'items' | 'onChange'>;
  readonly logger: Logger;
}

/** The phone books of the company and whose number a number is, from memory. */
export class PhoneBooks implements CallerNames {
  readonly #options: PhoneBooksOptions;
  readonly #books = new BooksInMemory();
  readonly #people: PeopleNumbers;
  readonly #waiting = new Set<string>();
  #reading: Promise<void> | undefined;

  constructor(options: PhoneBooksOptions) {
    this.#options = options;
    this.#people = new PeopleNumbers(options);
    const { replica } = options;
    this.#take([...replica.items(replicaParts.phoneBookParts).keys()]);
    replica.onChange(replicaParts.phoneBookParts, (ids) => this.#take(ids));
  }

  get size(): number {
    return this.#books.size;
  }

  /** Answers when everything in memory can be found: soon after the start and after an import. */
  async ready(): Promise<void> {
    await this.#reading;
  }

  search({ query, limit }: Params<'phoneBook.search'>): Result<'phoneBook.search'> {
    return { contacts: this.#books.search(query, limit) };
  }

  /** @throws UCError BAD_REQUEST also for a page of a book that was replaced meanwhile */
  list({ cursor, limit }: Params<'phoneBook.list'>): Result<'phoneBook.list'> {
    if (cursor !== undefined && !this.#books.has(cursor))
      throw new UCError('BAD_REQUEST', 'The contact behind which to go on is gone.', { field: 'params.cursor' });
    const found = this.#books.page(cursor, limit + 1);
    const contacts = found.slice(0, limit);
    return found.length > limit ? { contacts, nextCursor: contacts.at(-1)?.id } : { contacts };
  }

  nameOf(number: string): Pick<CallParty, 'userId' | 'name'> | undefined {
    const person = this.#people.personOf(number);
    if (person !== undefined) return { userId: person.id, name: person.displayName };
    const name = this.#books.nameOf(number);
    return name === undefined ? undefined : { name };
  }

  #take(partIds: readonly string[]): void {
    for (const id of partIds) this.#waiting.add(id);
    if (this.#waiting.size > 0) this.#reading ??= this.#readAll();
  }

  /** A part in each turn of the event loop, so that a large book holds nobody up. */
  async #readAll(): Promise<void> {
    for (const id of this.#waiting) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#waiting.delete(id);
      this.#read(id);
    }
    this.#reading = undefined;
  }

  #read(id: string): void {
    const { replica, logger } = this.#options;
    const part = replica.items(replicaParts.phoneBookParts).get(id);
    const book = part === undefined ? undefined : replica.items(replicaParts.phoneBooks).get(part.book_id);
    if (part === undefined || book === undefined) {
      this.#books.delete(id);
      return;
    }
    try {
      this.#books.set(id, book.name, contactsOf(part.document));
    } catch (error) {
      logger.error('A part of a phone book cannot be read', { book: book.name, error });
    }
  }
}
