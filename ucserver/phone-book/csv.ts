/** A record of a CSV file (RFC 4180). */
export interface CsvRecord {
  /** Line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvFile {
  readonly records: readonly CsvRecord[];
  /** Line on which a quoted field begins that never ends. */
  readonly openQuote: number | undefined;
}

const delimiters = [',', ';', '\t'] as const;

/** The one of `,`, `;` and tab that the first line has most of, outside quotes. */
export function delimiterOf(text: string): string {
  const end = /\r|\n/.exec(text)?.index ?? text.length;
  const plain = text.slice(0, end).replace(/"[^"]*"/g, '');
  const counts = delimiters.map((delimiter) => ({ delimiter, count: plain.split(delimiter).length }));
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).delimiter;
}

/** Reads records; lines without anything are left out. A quote inside an unquoted field stands for itself. */
export function readCsv(text: string, delimiter: string): CsvFile {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let begin = 1;
  let openQuote: number | undefined;
  let at = 0;
  const endRecord = () => {
    if (fields.some((field) => field !== '')) records.push({ line: begin, fields });
    fields = [];
    begin = line;
  };
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      openQuote = line;
      for (at++; at < text.length; at++) {
        if (text[at] === '"' && text[at + 1] === '"') at++;
        else if (text[at] === '"') break;
        if (text[at] === '\n') line++;
        field += text[at];
      }
      if (at >= text.length) break;
      openQuote = undefined;
      at++;
    }
    const rest = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++;
    fields.push(field + text.slice(rest, at));
    if (text[at] === delimiter) {
      at++;
      // A delimiter at the very end is followed by an empty field.
      if (at === text.length) fields.push('');
      continue;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    line++;
    endRecord();
  }
  endRecord();
  return { records, openQuote };
}

/** One record with its line end. */
export function writeRecord(fields: readonly string[]): string {
  return `${fields.map(quoted).join(',')}\r\n`;
}

function quoted(field: string): string {
  return /[",;\t\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
