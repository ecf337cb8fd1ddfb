import type { UserId } from '#shared/ids.ts';
import { toE164 } from '#ucserver/dialing/e164.ts';
import type { Directory, User } from '#ucserver/directory/index.ts';

export interface PeopleNumbersOptions {
  readonly directory: Pick<Directory, 'all' | 'byId' | 'onChange'>;
  /** ISO 3166-1 of numbers without +; empty: not known. */
  readonly country: () => string;
}

/** Long enough that few people share it, short enough that it is the same however a number is written. */
const endDigits = 7;

/** Whose office or mobile number a number is. Private numbers are left out: whoever may see them is not known here. */
export class PeopleNumbers {
  readonly #options: PeopleNumbersOptions;
  /** By the last digits; reading all numbers exactly would take a server with 100,000 people seconds. */
  readonly #byEnd = new Map<string, Set<UserId>>();
  readonly #endsOf = new Map<UserId, readonly string[]>();

  constructor(options: PeopleNumbersOptions) {
    this.#options = options;
    for (const { id } of options.directory.all()) this.#take(id);
    options.directory.onChange((ids) => {
      for (const id of ids) this.#take(id);
    });
  }

  /** The first person, by name, with this number (E.164). */
  personOf(number: string): User | undefined {
    const { directory, country } = this.#options;
    const defaultCountry = country() || undefined;
    const people = [...(this.#byEnd.get(endOf(number) ?? '') ?? [])].flatMap((id) => directory.byId(id) ?? []);
    const matching = people.filter((user) => numbersOf(user).some((text) => isSame(text, number, defaultCountry)));
    return matching.sort((one, other) => one.displayName.localeCompare(other.displayName))[0];
  }

  #take(id: UserId): void {
    for (const end of this.#endsOf.get(id) ?? []) this.#byEnd.get(end)?.delete(id);
    this.#endsOf.delete(id);
    const user = this.#options.directory.byId(id);
    if (user === undefined || user.locked) return;
    const ends = numbersOf(user).flatMap((text) => endOf(text) ?? []);
    this.#endsOf.set(id, ends);
    for (const end of ends) {
      const known = this.#byEnd.get(end);
      if (known === undefined) this.#byEnd.set(end, new Set([id]));
      else known.add(id);
    }
  }
}

function numbersOf({ workPhone, mobilePhone }: User): string[] {
  return [workPhone, mobilePhone].filter((number) => number !== undefined);
}

function endOf(text: string): string | undefined {
  const digits = text.replace(/\D/g, '');
  return digits.length < endDigits ? undefined : digits.slice(-endDigits);
}

function isSame(text: string, number: string, country: string | undefined): boolean {
  const exact = toE164(text, country);
  if (exact !== undefined || country !== undefined) return exact === number;
  // Written without a country code, and nobody knows of which country: what stands behind the 0 must be the end.
  return number.endsWith(text.replace(/\D/g, '').replace(/^0+/, ''));
}
