import type { Contact, Parsed, RawContact, RawNumber } from './contact.ts';
import { readVcards, type Vcard, type VcardProperty, writeProperty } from './vcard.ts';

/** Reads contacts from vCards. */
export function readVcardContacts(text: string): Parsed {
  const { cards, unpaired } = readVcards(text);
  const problems = unpaired.map((line) => ({ line, problem: 'BEGIN:VCARD and END:VCARD do not belong together here' }));
  if (cards.length === 0 && problems.length === 0) problems.push({ line: 1, problem: 'the file holds no vCard' });
  return { contacts: cards.map(toContact), problems };
}

function toContact({ line, properties }: Vcard): RawContact {
  const first = (name: string) => properties.find((property) => property.name === name)?.parts ?? [];
  const [family = '', given = ''] = first('N');
  const [company = ''] = first('ORG');
  const [email = ''] = first('EMAIL');
  const [formatted = ''] = first('FN');
  const name = formatted || [given, family].filter((part) => part !== '').join(' ') || company;
  return { line, name, company, email, numbers: properties.filter((property) => property.name === 'TEL').map(toNumber) };
}

function toNumber({ line, types, parts }: VcardProperty): RawNumber {
  return { line, kind: kindOf(types), text: parts.join(';').replace(/^tel:/i, '') };
}

function kindOf(types: readonly string[]): RawNumber['kind'] {
  if (types.includes('fax')) return 'fax';
  if (types.includes('cell')) return 'mobile';
  if (types.includes('work')) return 'work';
  return types.includes('home') ? 'home' : 'other';
}

const typeOf: Readonly<Record<RawNumber['kind'], string>> = {
  work: 'work,voice',
  mobile: 'cell',
  home: 'home,voice',
  fax: 'fax',
  other: 'voice',
};

/** vCards 4.0 that {@link readVcardContacts} reads back. */
export function writeVcardContacts(contacts: readonly Contact[]): string {
  return contacts.map(writeCard).join('');
}

function writeCard({ name, company, email, numbers }: Contact): string {
  return [
    'BEGIN:VCARD\r\nVERSION:4.0\r\n',
    writeProperty('FN', [name]),
    company === undefined ? '' : writeProperty('ORG', [company]),
    email === undefined ? '' : writeProperty('EMAIL', [email]),
    ...numbers.map(({ kind, number }) => writeProperty(`TEL;TYPE="${typeOf[kind]}";VALUE=text`, [number])),
    'END:VCARD\r\n',
  ].join('');
}
