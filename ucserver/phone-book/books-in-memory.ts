import type { PhoneBookContact } from '#shared/protocol/phone-book.ts';
import { fold, PeopleIndex } from '#ucserver/directory/index.ts';
import type { Contact } from './contact.ts';

interface Kept {
  readonly contact: PhoneBookContact;
  readonly sortKey: string;
}

/** Contacts of all phone books, found by words and numbers; part by part, as they are stored. */
export class BooksInMemory {
  readonly #byId = new Map<string, Kept>();
  readonly #idsOfPart = new Map<string, readonly string[]>();
  readonly #byNumber = new Map<string, Set<Kept>>();
  readonly #index = new PeopleIndex();
  /** By name; made when somebody asks for it. */
  #order: readonly Kept[] | undefined;

  get size(): number {
    return this.#byId.size;
  }

  /** These are the contacts of a part now. */
  set(partId: string, book: string, contacts: readonly Contact[]): void {
    this.delete(partId);
    const ids = contacts.map((contact, index) => this.#add(`${partId}-${index}`, { ...contact, book }));
    this.#idsOfPart.set(partId, ids);
    this.#order = undefined;
  }

  delete(partId: string): void {
    for (const id of this.#idsOfPart.get(partId) ?? []) this.#remove(id);
    this.#idsOfPart.delete(partId);
    this.#order = undefined;
  }

  /** At most `limit` contacts, best first. */
  search(query: string, limit: number): PhoneBookContact[] {
    const ids = this.#index.search(withoutTrunkPrefix(query), limit);
    return ids.flatMap((id) => this.#byId.get(id)?.contact ?? []);
  }

  /** Contacts by name. @param after id of the last one of the page before */
  page(after: string | undefined, limit: number): PhoneBookContact[] {
    this.#order ??= [...this.#byId.values()].sort(compare);
    const last = after === undefined ? undefined : this.#byId.get(after);
    const from = last === undefined ? 0 : this.#order.findIndex((each) => compare(each, last) > 0);
    return from < 0 ? [] : this.#order.slice(from, from + limit).map(({ contact }) => contact);
  }

  /** Whether a page can go on behind this contact. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** The name of the first contact, by name, with this number (E.164). */
  nameOf(number: string): string | undefined {
    const [first] = [...(this.#byNumber.get(number) ?? [])].sort(compare);
    return first?.contact.name;
  }

  #add(id: string, contact: Omit<PhoneBookContact, 'id'>): string {
    const kept = { contact: { id, ...contact }, sortKey: fold(contact.name) };
    this.#byId.set(id, kept);
    for (const { number } of contact.numbers) {
      const known = this.#byNumber.get(number);
      if (known === undefined) this.#byNumber.set(number, new Set([kept]));
      else known.add(kept);
    }
    const { name, company = '', email = '', numbers } = contact;
    const shown = numbers.map((number) => number.shown).join(' ');
    this.#index.set(id, { display_name: name, email, department: company, work_phone: shown });
    return id;
  }

  #remove(id: string): void {
    const kept = this.#byId.get(id);
    if (kept === undefined) return;
    this.#byId.delete(id);
    this.#index.delete(id);
    for (const { number } of kept.contact.numbers) {
      const known = this.#byNumber.get(number);
      known?.delete(kept);
      if (known?.size === 0) this.#byNumber.delete(number);
    }
  }
}

/** Numbers are found from the country code or behind it, so 0 and 00 before them say nothing. */
function withoutTrunkPrefix(query: string): string {
  const isNumber = /^[\d\s()/.-]*\d[\d\s()/.-]*$/.test(query);
  return isNumber ? query.replace(/^[\s(]*0{1,2}(?=.)/, '') : query;
}

function compare(one: Kept, other: Kept): number {
  if (one.sortKey !== other.sortKey) return one.sortKey < other.sortKey ? -1 : 1;
  if (one.contact.id === other.contact.id) return 0;
  return one.contact.id < other.contact.id ? -1 : 1;
}
