import { fold, termsOf, wordsOf, wordsOfEmail, wordsOfPhone } from './search-text.ts';
import { SortedWords } from './sorted-words.ts';

/** What of a person can be searched. */
export interface Searchable {
  readonly display_name: string;
  readonly email: string;
  readonly department: string | null;
  readonly work_phone: string | null;
}

/** Where a word was found: the lower, the better. */
const rank = { name: 0, email: 1, department: 2, phone: 3 } as const;

interface Person {
  readonly id: string;
  readonly sortKey: string;
  readonly words: readonly string[];
  /** For each word the best rank it has. */
  readonly ranks: readonly number[];
}

interface Hit {
  readonly person: Person;
  readonly score: number;
}

/** Candidates with their scores. */
type Found = Map<Person, number>;

/**
 * No search looks at more people than this: who types a letter at 100,000 people wants a quick answer and will type on. Words
 * are looked at in their order and names first, so what is left out is the end of the alphabet.
 */
const mostCandidates = 10_000;
const wordsForEstimate = 50;

/**
 * Finds people by the beginnings of words. Words are kept once, in order, each with the people it stands for, names apart
 * from the rest.
 */
export class PeopleIndex {
  readonly #people = new Map<string, Person>();
  readonly #names = new WordPlaces();
  readonly #rest = new WordPlaces();

  get size(): number {
    return this.#people.size;
  }

  /** Adds a person or replaces what was known. */
  set(id: string, source: Searchable): void {
    this.delete(id);
    const places = placesOf(source);
    const person = { id, sortKey: fold(source.display_name), words: [...places.keys()], ranks: [...places.values()] };
    this.#people.set(id, person);
    person.words.forEach((word, index) => {
      const where = person.ranks[index] ?? rank.phone;
      this.#places(where).add(word, person, where);
    });
  }

  delete(id: string): void {
    const person = this.#people.get(id);
    if (person === undefined) return;
    this.#people.delete(id);
    person.words.forEach((word, index) => {
      this.#places(person.ranks[index] ?? rank.phone).delete(word, person);
    });
  }

  /** Ids of at most `limit` people, best first: found in the name before e-mail, department and phone, then by name. */
  search(query: string, limit: number): string[] {
    const terms = termsOf(query);
    const whole = fold(query).trim();
    const [only] = terms;
    if (only === undefined) return [];
    const [rarest, ...others] = this.#rarestFirst(terms);
    const named = this.#names.lookUp(rarest ?? only);
    const enough = others.length === 0 && named.size >= limit;
    let found = enough ? named : this.#rest.lookUp(rarest ?? only, named);
    for (const term of others) found = checked(found, term);
    return best(found, whole, limit);
  }

  #rarestFirst(terms: readonly string[]): string[] {
    if (terms.length < 2) return [...terms];
    const counted = terms.map((term) => ({ term, count: this.#names.estimate(term) + this.#rest.estimate(term) }));
    return counted.sort((a, b) => a.count - b.count).map(({ term }) => term);
  }

  #places(where: number): WordPlaces {
    return where === rank.name ? this.#names : this.#rest;
  }
}

/** Words and the people they stand for. */
class WordPlaces {
  readonly #places = new Map<string, Map<Person, number>>();
  readonly #order = new SortedWords();

  add(word: string, person: Person, where: number): void {
    const known = this.#places.get(word);
    if (known !== undefined) {
      known.set(person, where);
      return;
    }
    this.#places.set(word, new Map([[person, where]]));
    this.#order.add(word);
  }

  /** A word that stands for nobody any more stays in the order: it may come again, and costs one empty look. */
  delete(word: string, person: Person): void {
    this.#places.get(word)?.delete(person);
  }

  /** About how many places the words with this beginning have. */
  estimate(beginning: string): number {
    let sum = 0;
    for (const { words, from, to } of this.#order.startingWith(beginning)) {
      const looked = Math.min(to - from, wordsForEstimate);
      let places = 0;
      for (let at = from; at < from + looked; at += 1) places += this.#places.get(words[at] ?? '')?.size ?? 0;
      if (looked > 0) sum += (places / looked) * (to - from);
    }
    return sum;
  }

  /** Adds the people of all words with this beginning to those found, each with the best rank. */
  lookUp(beginning: string, found: Found = new Map()): Found {
    const most = found.size + mostCandidates;
    for (const { words, from, to } of this.#order.startingWith(beginning)) {
      for (let at = from; at < to; at += 1) {
        for (const [person, where] of this.#places.get(words[at] ?? '') ?? []) {
          const known = found.get(person);
          if (known === undefined || where < known) found.set(person, where);
          if (found.size >= most) return found;
        }
      }
    }
    return found;
  }
}

/** The words of a person, each with the best rank it has. */
function placesOf(source: Searchable): Map<string, number> {
  const places = new Map<string, number>();
  const add = (words: readonly string[], where: number) => {
    for (const word of words) if (!places.has(word)) places.set(word, where);
  };
  add(wordsOf(source.display_name), rank.name);
  add(wordsOfEmail(source.email), rank.email);
  add(wordsOf(source.department ?? ''), rank.department);
  add(wordsOfPhone(source.work_phone ?? ''), rank.phone);
  return places;
}

/** Those of the candidates that have a word with this beginning. */
function checked(candidates: Found, term: string): Found {
  const left: Found = new Map();
  for (const [person, score] of candidates) {
    // Words stand in the order of their ranks, so the first is the best.
    const at = person.words.findIndex((word) => word.startsWith(term));
    if (at >= 0) left.set(person, score + (person.ranks[at] ?? rank.phone));
  }
  return left;
}

function isBefore(a: Hit, b: Hit): boolean {
  if (a.score !== b.score) return a.score < b.score;
  if (a.person.sortKey !== b.person.sortKey) return a.person.sortKey < b.person.sortKey;
  return a.person.id < b.person.id;
}

/** The best few of possibly very many, in order, without sorting them all. */
function best(found: Found, wholeQuery: string, limit: number): string[] {
  const top: Hit[] = [];
  for (const [person, sum] of found) {
    // Who types a name from its beginning means that name.
    const hit = { person, score: person.sortKey.startsWith(wholeQuery) ? -1 : sum };
    const last = top.at(-1);
    if (top.length === limit && last !== undefined && !isBefore(hit, last)) continue;
    let at = top.length;
    for (let above = top[at - 1]; above !== undefined && isBefore(hit, above); above = top[at - 1]) at -= 1;
    top.splice(at, 0, hit);
    if (top.length > limit) top.pop();
  }
  return top.map(({ person }) => person.id);
}
