import { fold } from '#ucserver/directory/index.ts';
import type { Contact, Parsed, Problem, RawContact, RawNumber } from './contact.ts';
import { delimiterOf, readCsv, writeRecord } from './csv.ts';

type Kind = RawNumber['kind'];
type Column = 'name' | 'given' | 'family' | 'company' | 'email' | Kind;

/** What columns are called, folded, in the exports of common programs. */
const names: Readonly<Record<Column, readonly string[]>> = {
  name: ['name', 'full name', 'display name', 'anzeigename', 'vollstandiger name'],
  given: ['given name', 'first name', 'firstname', 'vorname'],
  family: ['family name', 'last name', 'lastname', 'surname', 'nachname'],
  company: ['company', 'organization', 'organisation', 'firma', 'unternehmen'],
  email: ['email', 'e-mail', 'e-mail address', 'email address', 'mail', 'e-mail-adresse'],
  work: [
    'work',
    'phone',
    'telephone',
    'number',
    'business phone',
    'work phone',
    'telefon',
    'telefon geschaftlich',
    'rufnummer',
    'nummer',
  ],
  mobile: ['mobile', 'mobile phone', 'cell', 'handy', 'mobil', 'mobiltelefon'],
  home: ['home', 'home phone', 'private', 'privat', 'telefon privat', 'telefon (privat)'],
  fax: ['fax', 'business fax', 'work fax', 'telefax', 'fax geschaftlich'],
  other: ['other', 'other phone', 'weiteres telefon', 'sonstige'],
};
const numberColumns: readonly Kind[] = ['work', 'mobile', 'home', 'fax', 'other'];

/** Reads contacts from CSV whose first line names the columns. */
export function readCsvContacts(text: string, delimiter = delimiterOf(text)): Parsed {
  const { records, openQuote } = readCsv(text, delimiter);
  const [head, ...rest] = records;
  const problems: Problem[] = [];
  if (openQuote !== undefined) problems.push({ line: openQuote, problem: 'a quoted field begins here and never ends' });
  if (head === undefined) return { contacts: [], problems: [...problems, { line: 1, problem: 'the file is empty' }] };
  const columns = head.fields.map(columnOf);
  const has = (column: Column) => columns.includes(column);
  if (!has('name') && !has('given') && !has('family') && !has('company'))
    return { contacts: [], problems: [{ line: head.line, problem: 'the first line names no column for a name' }] };
  if (!numberColumns.some(has))
    return { contacts: [], problems: [{ line: head.line, problem: 'the first line names no column for a phone number' }] };
  const contacts: RawContact[] = [];
  for (const { line, fields } of rest) {
    if (fields.length > columns.length)
      problems.push({ line, problem: `${fields.length} fields, but ${columns.length} columns` });
    else contacts.push(toContact(line, fields, columns));
  }
  return { contacts, problems };
}

function columnOf(title: string): Column | undefined {
  const folded = fold(title).trim();
  return (Object.keys(names) as Column[]).find((column) => names[column].includes(folded));
}

function toContact(line: number, fields: readonly string[], columns: readonly (Column | undefined)[]): RawContact {
  const all = (column: Column) => fields.filter((field, index) => columns[index] === column && field.trim() !== '');
  const first = (column: Column) => all(column)[0]?.trim() ?? '';
  const name = first('name') || [first('given'), first('family')].filter((part) => part !== '').join(' ') || first('company');
  const numbers = numberColumns.flatMap((kind) => all(kind).map((text) => ({ line, kind, text: text.trim() })));
  return { line, name, company: first('company'), email: first('email'), numbers };
}

/** CSV that {@link readCsvContacts} reads back; more numbers of a kind than one get columns of the same name. */
export function writeCsvContacts(contacts: readonly Contact[]): string {
  const columns = numberColumns.flatMap((kind) => {
    const most = Math.max(0, ...contacts.map(({ numbers }) => numbers.filter((number) => number.kind === kind).length));
    return Array.from({ length: most }, (_, index) => ({ kind, index }));
  });
  const head = writeRecord([
    'Name',
    'Company',
    'Email',
    ...columns.map(({ kind }) => `${kind[0]?.toUpperCase()}${kind.slice(1)}`),
  ]);
  const lines = contacts.map(({ name, company = '', email = '', numbers }) => {
    const cells = columns.map(({ kind, index }) => numbers.filter((number) => number.kind === kind)[index]?.number ?? '');
    return writeRecord([name, company, email, ...cells]);
  });
  return [head, ...lines].join('');
}
