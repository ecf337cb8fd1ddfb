/** A property of a vCard: `TEL;TYPE=work:+49…`. */
export interface VcardProperty {
  /** Line on which it begins, from 1. */
  readonly line: number;
  /** In capital letters, without its group. */
  readonly name: string;
  /** In small letters; types also where vCard 2.1 writes them without `TYPE=`. */
  readonly types: readonly string[];
  /** Unescaped parts that `;` separates. */
  readonly parts: readonly string[];
}

export interface Vcard {
  readonly line: number;
  readonly properties: readonly VcardProperty[];
}

interface Line {
  readonly line: number;
  readonly text: string;
}

export interface VcardFile {
  readonly cards: readonly Vcard[];
  /** Line of a BEGIN:VCARD without its end, or of an END:VCARD without its beginning. */
  readonly unpaired: readonly number[];
}

/** Reads vCards 2.1, 3.0 and 4.0 (RFC 6350), as far as names and numbers are concerned. */
export function readVcards(text: string): VcardFile {
  const cards: Vcard[] = [];
  const unpaired: number[] = [];
  let begun: { line: number; properties: VcardProperty[] } | undefined;
  for (const line of unfolded(text)) {
    if (/^BEGIN:VCARD\s*$/i.test(line.text)) {
      if (begun !== undefined) unpaired.push(begun.line);
      begun = { line: line.line, properties: [] };
    } else if (/^END:VCARD\s*$/i.test(line.text)) {
      if (begun === undefined) unpaired.push(line.line);
      else cards.push(begun);
      begun = undefined;
    } else {
      const property = propertyOf(line);
      if (property !== undefined) begun?.properties.push(property);
    }
  }
  if (begun !== undefined) unpaired.push(begun.line);
  return { cards, unpaired };
}

/** Lines that were folded, joined again: by a blank at their beginning, or by the `=` at the end of quoted-printable ones. */
function* unfolded(text: string): Generator<Line> {
  let current: { line: number; text: string } | undefined;
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    if (current !== undefined && /^[ \t]/.test(raw)) current.text += raw.slice(1);
    else if (current !== undefined && isSoftBroken(current.text)) current.text = current.text.slice(0, -1) + raw;
    else {
      if (current !== undefined && current.text !== '') yield current;
      current = { line: index + 1, text: raw };
    }
  }
  if (current !== undefined && current.text !== '') yield current;
}

function isSoftBroken(text: string): boolean {
  return text.endsWith('=') && /^[^:]*quoted-printable/i.test(text);
}

function propertyOf({ line, text }: Line): VcardProperty | undefined {
  const colon = endOfHead(text);
  if (colon < 0) return undefined;
  const [qualified = '', ...parameters] = text.slice(0, colon).split(';');
  const name = qualified.slice(qualified.lastIndexOf('.') + 1).toUpperCase();
  let value = text.slice(colon + 1);
  const types: string[] = [];
  let charset = 'utf-8';
  for (const parameter of parameters) {
    const [key = '', given] = parameter.split('=', 2);
    const setting = (given ?? key).replaceAll('"', '').toLowerCase();
    if (given === undefined || key.toUpperCase() === 'TYPE') types.push(...setting.split(','));
    if (key.toUpperCase() === 'CHARSET') charset = setting;
  }
  if (/quoted-printable/i.test(parameters.join(';'))) value = unquoted(value, charset);
  return { line, name, types, parts: value.split(/(?<!\\);/).map(unescaped) };
}

/** The colon before the value; one inside a quoted parameter is none. */
function endOfHead(text: string): number {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === ':' && !isQuoted) return at;
  }
  return -1;
}

function unquoted(value: string, charset: string): string {
  const bytes = Buffer.from(
    value.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

function unescaped(value: string): string {
  return value.replace(/\\([nN,;\\:])/g, (_, character: string) => (character.toLowerCase() === 'n' ? '\n' : character)).trim();
}

/** One line, folded after 75 octets as RFC 6350 wants it. */
export function writeProperty(name: string, parts: readonly string[]): string {
  const value = parts.map((part) => part.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')).join(';');
  let line = '';
  let octets = 0;
  for (const character of `${name}:${value}`) {
    const length = Buffer.byteLength(character);
    if (octets + length > 75) {
      line += '\r\n ';
      octets = 1;
    }
    line += character;
    octets += length;
  }
  return `${line}\r\n`;
}
