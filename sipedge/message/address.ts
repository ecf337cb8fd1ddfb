/** What stands in From, To, Contact, Route and the like. */
export interface Address {
  readonly uri: string;
  /** Names in lower case, values as written; without a value: the empty text. */
  readonly params: ReadonlyMap<string, string>;
}

const param = /[ \t]*;[ \t]*([\w\-.!%*+`'~]+)(?:[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^\s;,"<>=]+))?/y;
const quoted = /[ \t]*"(?:[^"\\]|\\.)*"[ \t]*/y;
const displayTokens = /^[\w\-.!%*+`'~ \t\x80-\xff]*$/;
const bracketed = /^[a-z][a-z0-9+.-]*:[^\s<>"]+$/i;
const bare = /^[a-z][a-z0-9+.-]*:[^\s<>",?]+$/i;

const noParams: ReadonlyMap<string, string> = new Map();

/** Reads `;name=value…` from there to the end. @returns undefined unless nothing else stands there. */
export function parseParams(text: string, from: number): ReadonlyMap<string, string> | undefined {
  if (from >= text.length) return noParams;
  const params = new Map<string, string>();
  let at = from;
  while (at < text.length) {
    param.lastIndex = at;
    const match = param.exec(text);
    if (match === null) return text.slice(at).trim() === '' ? params : undefined;
    params.set((match[1] ?? '').toLowerCase(), match[2] ?? '');
    at = param.lastIndex;
  }
  return params;
}

/** One name-addr or addr-spec with parameters (RFC 3261 25.1). @returns undefined when it is malformed. */
export function parseAddress(text: string): Address | undefined {
  let open = text.indexOf('<');
  if (text.startsWith('"')) {
    quoted.lastIndex = 0;
    if (!quoted.test(text)) return undefined;
    open = quoted.lastIndex;
    if (text[open] !== '<') return undefined;
  } else if (open > 0 && !displayTokens.test(text.slice(0, open))) return undefined;
  if (open < 0) return parseBare(text);
  const close = text.indexOf('>', open);
  if (close < 0) return undefined;
  const uri = text.slice(open + 1, close);
  if (!bracketed.test(uri)) return undefined;
  const params = parseParams(text, close + 1);
  return params && { uri, params };
}

/** Without angle brackets all parameters belong to the header, and neither `?` nor `,` may stand in the URI (RFC 3261 20.10). */
function parseBare(text: string): Address | undefined {
  const semicolon = text.indexOf(';');
  const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trimEnd();
  if (!bare.test(uri)) return undefined;
  const params = semicolon < 0 ? noParams : parseParams(text, semicolon);
  return params && { uri, params };
}

/** Splits at commas that stand neither in quotes nor in angle brackets. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return [value];
  const parts: string[] = [];
  let start = 0;
  let inQuotes = false;
  let inBrackets = false;
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at];
    if (inQuotes) {
      if (char === '\\') at += 1;
      else if (char === '"') inQuotes = false;
    } else if (char === '"') inQuotes = true;
    else if (char === '<') inBrackets = true;
    else if (char === '>') inBrackets = false;
    else if (char === ',' && !inBrackets) {
      parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(value.slice(start).trim());
  return parts;
}

/** All values of a header that may be a list, one by one. */
export function listOf(values: readonly string[]): string[] {
  return values.flatMap(splitList);
}

/** The header value with this tag in place of any other. */
export function withTag(value: string, tag: string): string {
  const end = addressEnd(value);
  const params = value.slice(end).replace(/[ \t]*;[ \t]*tag[ \t]*=[^;]*/i, '');
  return `${bracketedStart(value, end)}${params.trim()};tag=${tag}`;
}

/** A bare URI is put into brackets, so that no parameter of it can be taken for one of the header. */
function bracketedStart(value: string, end: number): string {
  const start = value.slice(0, end).trim();
  return start.endsWith('>') ? start : `<${start}>`;
}

/** Where the parameters of the header begin. */
function addressEnd(value: string): number {
  const search = value.startsWith('"') ? quotedEnd(value) : 0;
  const close = value.indexOf('>', search);
  if (close >= 0) return close + 1;
  const semicolon = value.indexOf(';');
  return semicolon < 0 ? value.length : semicolon;
}

function quotedEnd(value: string): number {
  quoted.lastIndex = 0;
  return quoted.test(value) ? quoted.lastIndex : 0;
}
