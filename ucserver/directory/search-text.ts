/** Letters that Unicode does not take apart into a letter and a mark. */
const whole: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };
const umlauts: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' };

/** Lower case without diacritics: how names are compared. */
export function fold(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: most names are plain ASCII and need nothing more
  if (/^[\x00-\x7f]*$/.test(lower)) return lower;
  return lower
    .replace(/[ßæœøłđðþı]/g, (letter) => whole[letter] ?? letter)
    .normalize('NFD')
    .replace(/\p{M}+/gu, '');
}

function split(folded: string): string[] {
  return folded.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

/** Words of a name or department; one with an umlaut also in the spelling without ("mueller" finds Müller). */
export function wordsOf(text: string): string[] {
  const words = split(fold(text));
  if (!/[äöü]/i.test(text.normalize('NFC'))) return words;
  const spelled = text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[äöü]/g, (letter) => umlauts[letter] ?? letter);
  return [...new Set([...words, ...split(fold(spelled))])];
}

/** The address as a whole, and the words before the "@"; the company's domain would find everybody. */
export function wordsOfEmail(email: string): string[] {
  const folded = fold(email);
  return [folded, ...split(folded.slice(0, Math.max(0, folded.indexOf('@'))))];
}

/** All digits, and those after each separator: a number is found from its country code, its local part or its extension. */
export function wordsOfPhone(phone: string): string[] {
  const groups = phone.split(/\D+/).filter((digits) => digits !== '');
  return groups.map((_, index) => groups.slice(index).join(''));
}

/** What somebody typed, as beginnings of words that must all be found; an address and a phone number count as one word. */
export function termsOf(query: string): string[] {
  const folded = fold(query).trim();
  if (/^\+?[\d\s()/.-]*\d[\d\s()/.-]*$/.test(folded)) return [folded.replace(/\D+/g, '')];
  if (folded.includes('@')) return folded.split(/\s+/);
  return [...new Set(split(folded))];
}
