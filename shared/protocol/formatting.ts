/** Text as it is written inside a line. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'bold' | 'italic'; readonly children: readonly Inline[] }
  | { readonly kind: 'link'; readonly href: string; readonly text: string };

/** What a message is made of, from top to bottom. */
export type Block =
  | { readonly kind: 'paragraph' | 'quote'; readonly lines: readonly (readonly Inline[])[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'codeBlock'; readonly text: string };

/** Nesting of bold and italic; deeper marks stay text. */
const deepest = 4;
/** Pieces of one message; what follows stays text, so that no message is expensive to show. */
const mostPieces = 2_000;
const longestLink = 2_048;

const address = /(?:https?:\/\/|mailto:|tel:)[^\s<>"'`*_]+(?:[*_]+[^\s<>"'`*_]+)*/giy;
const trailing = /[.,:;!?)\]}]+$/;
const listItem = /^(?:([-*])|\d{1,9}[.)]) +(\S.*)$/;
const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'tel:']);
const wordCharacter = /[\p{L}\p{N}]/u;

/** The address as it may be opened, or `undefined`: only web, mail and telephone, and nothing that shows another target. */
export function safeHref(written: string): string | undefined {
  if (written.length > longestLink || !URL.canParse(written)) return undefined;
  const url = new URL(written);
  if (!schemes.has(url.protocol)) return undefined;
  // A name before the "@" is how an address pretends to be another one.
  return url.username === '' && url.password === '' ? url.href : undefined;
}

/**
 * The safe formatting of messages: `**bold**`, `*italic*` or `_italic_`, `` `code` ``, fenced code, lists (`- ` or `1. `), quotes
 * (`> `), and addresses. Gives a tree of texts and never markup: whoever shows it cannot let in what a person typed. Whatever is
 * not a whole mark stays the text it is, so nothing that was written is lost but the marks.
 */
export function parseFormatting(text: string): readonly Block[] {
  return new Parser().blocks(text.replaceAll(/\r\n?/g, '\n').split('\n'));
}

class Parser {
  #left = mostPieces;

  blocks(lines: readonly string[]): Block[] {
    const blocks: Block[] = [];
    for (let at = 0; at < lines.length; ) {
      const line = lines[at] ?? '';
      const end = line.startsWith('```') ? lines.indexOf('```', at + 1) : -1;
      if (end > at) {
        blocks.push({ kind: 'codeBlock', text: lines.slice(at + 1, end).join('\n') });
        at = end + 1;
        continue;
      }
      const kind = kindOf(line);
      let until = at + 1;
      while (until < lines.length && !lines[until]?.startsWith('```') && kindOf(lines[until] ?? '') === kind) until += 1;
      const group = lines.slice(at, until);
      at = until;
      if (kind === 'quote') blocks.push({ kind, lines: group.map((each) => this.#inline(each.replace(/^> ?/, ''))) });
      else if (kind === 'paragraph') blocks.push({ kind, lines: group.map((each) => this.#inline(each)) });
      else {
        const items = group.map((each) => this.#inline(listItem.exec(each)?.[2] ?? each));
        blocks.push({ kind: 'list', ordered: kind === 'ordered', items });
      }
    }
    return blocks;
  }

  #inline(text: string, depth = 0): readonly Inline[] {
    const pieces: Inline[] = [];
    // Marks that are known to end nowhere further on, so that a text full of them is not searched again for each.
    const unended = new Set<string>();
    let plain = 0;
    const push = (from: number, to: number, piece: Inline) => {
      if (from > plain) pieces.push({ kind: 'text', text: text.slice(plain, from) });
      pieces.push(piece);
      plain = to;
      this.#left -= 2;
    };
    for (let at = 0; at < text.length && this.#left > 0; ) {
      const found = this.#markAt(text, at, depth, unended);
      if (found !== undefined) push(at, found.end, found.piece);
      at = found?.end ?? at + 1;
    }
    if (plain < text.length) pieces.push({ kind: 'text', text: text.slice(plain) });
    return pieces;
  }

  #markAt(
    text: string,
    at: number,
    depth: number,
    unended: Set<string>,
  ): { readonly end: number; readonly piece: Inline } | undefined {
    const sign = text[at];
    if (sign === '`') {
      const close = text.indexOf('`', at + 1);
      return close > at + 1 ? { end: close + 1, piece: { kind: 'code', text: text.slice(at + 1, close) } } : undefined;
    }
    if (sign === '*' || sign === '_') return depth < deepest ? this.#emphasis(text, at, sign, depth, unended) : undefined;
    return wordBefore(text, at) ? undefined : linkAt(text, at);
  }

  #emphasis(text: string, at: number, sign: string, depth: number, unended: Set<string>) {
    const mark = sign === '*' && text.startsWith('**', at) ? '**' : sign;
    const from = at + mark.length;
    // A mark in the middle of a word (snake_case, 2*3) is none, and neither is one beside a space.
    if (unended.has(mark) || wordBefore(text, at) || isSpace(text[from])) return undefined;
    let close = text.indexOf(mark, from + 1);
    while (close > 0 && (isSpace(text[close - 1]) || wordAt(text, close + mark.length))) close = text.indexOf(mark, close + 1);
    if (close < 0) {
      unended.add(mark);
      return undefined;
    }
    // `**bold *and italic***` ends with the italic mark first.
    while (mark === '**' && text[close + 2] === '*') close += 1;
    const kind = mark === '**' ? ('bold' as const) : ('italic' as const);
    return { end: close + mark.length, piece: { kind, children: this.#inline(text.slice(from, close), depth + 1) } };
  }
}

function kindOf(line: string): 'quote' | 'ordered' | 'unordered' | 'paragraph' {
  if (line.startsWith('>')) return 'quote';
  const item = listItem.exec(line);
  if (item === null) return 'paragraph';
  return item[1] === undefined ? 'ordered' : 'unordered';
}

function linkAt(text: string, at: number): { readonly end: number; readonly piece: Inline } | undefined {
  const first = text[at]?.toLowerCase();
  if (first !== 'h' && first !== 'm' && first !== 't') return undefined;
  address.lastIndex = at;
  const written = address.exec(text)?.[0].replace(trailing, '');
  const href = written === undefined ? undefined : safeHref(written);
  if (written === undefined || href === undefined) return undefined;
  return { end: at + written.length, piece: { kind: 'link', href, text: written } };
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || character.trim() === '';
}

function wordAt(text: string, at: number): boolean {
  return wordCharacter.test(text[at] ?? '');
}

function wordBefore(text: string, at: number): boolean {
  return at > 0 && wordAt(text, at - 1);
}
