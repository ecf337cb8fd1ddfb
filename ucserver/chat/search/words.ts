import { fold } from '#ucserver/directory/index.ts';

/** Scripts that write without spaces between words. */
const dense = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const word = new RegExp(String.raw`[${dense}][${dense}\p{M}]*|[[\p{L}\p{N}\p{M}]--[${dense}]]+`, 'gv');
const isDense = new RegExp(`[${dense}]`, 'v');
const plain = /^[A-Za-z0-9]+$/;
const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' };
/** Longer words are indexed by their beginning, in UTF-16 units. */
const longestToken = 32;

/** A word as it stands in a text. */
interface Word {
  readonly from: number;
  readonly to: number;
  /** The ways to spell it, folded: Müller is "muller" and "mueller". */
  readonly forms: readonly string[];
  readonly dense: boolean;
}

/** What somebody searches for: each term is the beginning of a word, or a piece of a text without spaces. */
export interface Terms {
  readonly terms: readonly Pick<Word, 'forms' | 'dense'>[];
  /** For the index: every message that matches has, for each of these, a token that begins with it. */
  readonly prefixes: readonly string[];
}

function* wordsOf(text: string): Generator<Word> {
  for (const match of text.matchAll(word)) {
    const [written] = match;
    const place = { from: match.index, to: match.index + written.length, dense: isDense.test(written) };
    const folded = split(fold(written));
    const composed = written.normalize('NFC').toLowerCase();
    // A sign like "½" folds to several words.
    const spelled = /[äöü]/.test(composed) ? split(fold(composed.replace(/[äöü]/g, (letter) => umlauts[letter] ?? letter))) : [];
    for (const [index, form] of folded.entries()) {
      const other = spelled[index];
      yield { ...place, forms: other === undefined ? [form] : [form, other] };
    }
  }
}

function split(folded: string): string[] {
  return folded.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

/** Both spellings of an umlaut give one token, so the index may promise too much: {@link matches} decides. */
function tokensOfWord({ forms: [form = ''], dense: isRun }: Pick<Word, 'forms' | 'dense'>): string[] {
  if (!isRun) return [tokenOf(form)];
  const letters = [...form];
  return letters.map((letter, index) => letter + (letters[index + 1] ?? ''));
}

function tokenOf(form: string): string {
  return form
    .replace(/([aou])e/g, '$1')
    .slice(0, longestToken)
    .replace(/[\ud800-\udbff]$/, '');
}

/** What a text is indexed by. */
export function tokensOf(text: string): Set<string> {
  const tokens = new Set<string>();
  for (const [written] of text.matchAll(word)) {
    // Most words need no more than this; it is the same as what follows.
    if (plain.test(written)) tokens.add(tokenOf(written.toLowerCase()));
    else for (const each of wordsOf(written)) for (const token of tokensOfWord(each)) tokens.add(token);
  }
  return tokens;
}

/** What somebody typed. */
export function termsOf(query: string): Terms {
  const terms = [...wordsOf(query)];
  const tokens = terms.flatMap((term) => {
    const all = tokensOfWord(term);
    // The last letter of a run stands alone in the index only at the end of a text.
    return term.dense && all.length > 1 ? all.slice(0, -1) : all;
  });
  return { terms, prefixes: [...new Set(tokens)] };
}

/** Where the terms stand in a text, ascending; `undefined` unless all do. */
export function matches({ terms }: Terms, text: string): [from: number, to: number][] | undefined {
  const missing = new Set(terms);
  const marks: [number, number][] = [];
  for (const word of wordsOf(text)) {
    const found = terms.filter((term) => fits(term, word));
    if (found.length === 0) continue;
    for (const term of found) missing.delete(term);
    if (marks.at(-1)?.[0] !== word.from) marks.push([word.from, word.to]);
  }
  return missing.size === 0 ? marks : undefined;
}

function fits(term: Pick<Word, 'forms' | 'dense'>, word: Word): boolean {
  if (term.dense !== word.dense) return false;
  return term.forms.some((wanted) => word.forms.some((form) => (term.dense ? form.includes(wanted) : form.startsWith(wanted))));
}
