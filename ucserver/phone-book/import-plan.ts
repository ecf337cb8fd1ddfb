import { shownNumber, toE164 } from '#ucserver/dialing/e164.ts';
import type { Contact, Parsed, Problem, RawContact } from './contact.ts';

export interface ImportPlan {
  readonly contacts: readonly Contact[];
  /** By line. What they are about is not among the contacts. */
  readonly problems: readonly Problem[];
}

/** A phone book has no more contacts. */
export const mostContacts = 50_000;
const mostNumbers = 20;
const longestText = 200;

/**
 * Contacts as they are kept, with numbers as E.164.
 *
 * @param country ISO 3166-1 of numbers without +; undefined: such numbers are problems
 */
export function planImport({ contacts: raw, problems: found }: Parsed, country: string | undefined): ImportPlan {
  const problems: Problem[] = [...found];
  const contacts: Contact[] = [];
  const seen = new Map<string, number>();
  for (const each of raw) {
    const contact = toContact(each, country, problems);
    if (contact === undefined) continue;
    const key = JSON.stringify(contact);
    const before = seen.get(key);
    if (before !== undefined) problems.push({ line: each.line, problem: `the same stands on line ${before}` });
    else if (contacts.length === mostContacts) problems.push({ line: each.line, problem: `more than ${mostContacts} contacts` });
    else contacts.push(contact);
    seen.set(key, before ?? each.line);
  }
  return { contacts, problems: problems.sort((one, other) => one.line - other.line) };
}

function toContact(raw: RawContact, country: string | undefined, problems: Problem[]): Contact | undefined {
  const { line, name, company, email } = raw;
  const before = problems.length;
  const wrong = (problem: string, at = line) => problems.push({ line: at, problem });
  if (name === '') wrong('there is no name');
  for (const [field, value] of Object.entries({ name, company, email })) {
    if (value.length > longestText) wrong(`the ${field} has more than ${longestText} characters`);
    if (value.includes('\u0000') || !value.isWellFormed()) wrong(`the ${field} holds characters that cannot be kept`);
  }
  if (raw.numbers.length === 0) wrong('there is no phone number');
  if (raw.numbers.length > mostNumbers) wrong(`there are more than ${mostNumbers} numbers`);
  const numbers = raw.numbers.slice(0, mostNumbers).flatMap(({ line: at, kind, text }) => {
    const number = toE164(text, country);
    if (number !== undefined) return [{ kind, number, shown: shownNumber(number) }];
    const hint = country === undefined && !text.startsWith('+') ? '; without + it needs a country' : '';
    wrong(`"${text.slice(0, 40)}" is no phone number${hint}`, at);
    return [];
  });
  if (problems.length > before) return undefined;
  return { name, ...(company === '' ? {} : { company }), ...(email === '' ? {} : { email }), numbers };
}
