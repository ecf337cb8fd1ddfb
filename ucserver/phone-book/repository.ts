import { randomId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { type Database, dated } from '#ucserver/database/index.ts';
import { type Contact, contactSchema } from './contact.ts';
import { phoneBookProcedures } from './procedures.ts';

/** A phone book without what is in it. */
export interface PhoneBook {
  readonly name: string;
  /** How many it holds. */
  readonly contacts: number;
  /** Milliseconds since 1970. */
  readonly importedAt: number;
}

/** Contacts that are read, told and changed together. */
const contactsPerPart = 200;
const origin = { actor: 'system', from: 'command line' } as const;

/** Phone books in SQL, for those who import them. Everything it throws is what {@link Database} throws. */
export class PhoneBookRepository {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** By name. */
  async all(): Promise<PhoneBook[]> {
    const { db } = this.#database.queries;
    const found = await this.#database.read(db.selectFrom('phone_books').selectAll().orderBy('name'));
    return found.map(({ name, contacts, imported_at }) => ({ name, contacts, importedAt: imported_at }));
  }

  /** Puts these contacts in the place of a book of this name, or makes one. */
  async replace(name: string, contacts: readonly Contact[]): Promise<void> {
    const parts: { id: string; document: string }[] = [];
    for (let at = 0; at < contacts.length; at += contactsPerPart)
      parts.push({ id: randomId(), document: JSON.stringify(contacts.slice(at, at + contactsPerPart)) });
    const book = { id: randomId(), name, contacts: contacts.length, at: this.#clock.wallMs(), parts };
    const after = { contacts: contacts.length };
    const audit = dated({ ...origin, action: 'phoneBook.import', object: `phoneBook/${name}`, after }, this.#clock);
    await this.#database.run(phoneBookProcedures.replace, { book, audit });
  }

  /** @throws UCError NOT_FOUND */
  async remove(name: string): Promise<void> {
    const audit = dated({ ...origin, action: 'phoneBook.remove', object: `phoneBook/${name}` }, this.#clock);
    await this.#database.run(phoneBookProcedures.remove, { name, at: this.#clock.wallMs(), audit });
  }

  /** In the order of the import, part by part. @throws UCError NOT_FOUND */
  async *contacts(name: string): AsyncGenerator<readonly Contact[]> {
    const { queries } = this.#database;
    const book = await this.#database.read(queries.db.selectFrom('phone_books').select('id').where('name', '=', name));
    const [found] = book;
    if (found === undefined) throw new UCError('NOT_FOUND', `there is no phone book "${name}"`);
    for (let after = -1; ; ) {
      const query = queries.db
        .selectFrom('phone_book_parts')
        .select(['number', 'document'])
        .where('book_id', '=', found.id)
        .where('number', '>', after)
        .orderBy('number');
      const [part] = await this.#database.read<{ number: number; document: string }>(queries.limit(1, query));
      if (part === undefined) return;
      yield contactsOf(part.document);
      after = part.number;
    }
  }
}

/** The contacts of a part. @throws z.ZodError when it is none of ours */
export function contactsOf(document: string): Contact[] {
  return contactSchema.array().parse(JSON.parse(document));
}
