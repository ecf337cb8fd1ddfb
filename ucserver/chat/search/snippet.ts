import type { Snippet } from '#shared/protocol/chat-search.ts';

/** Shown before the first mark, and in all; UTF-16 units. */
const before = 40;
const longest = 180;
const ellipsis = '…';

/** The piece of a text that shows its first mark. Cut between words where one is near, never within a character. */
export function snippetOf(text: string, marks: readonly (readonly [number, number])[]): Snippet {
  const firstMark = marks[0]?.[0] ?? 0;
  const from = text.length <= longest || firstMark <= before ? 0 : wordStart(text, firstMark - before, firstMark);
  const to = text.length - from <= longest ? text.length : wordEnd(text, from + longest, from);
  const lead = from > 0 ? ellipsis : '';
  const shift = lead.length - from;
  return {
    text: `${lead}${text.slice(from, to)}${to < text.length ? ellipsis : ''}`,
    marks: marks
      .filter(([start]) => start >= from && start < to)
      .map(([start, end]) => [start + shift, Math.min(end, to) + shift]),
  };
}

/** The first beginning of a word at or after `at`; `at` when none comes before `limit`. */
function wordStart(text: string, at: number, limit: number): number {
  const space = text.slice(at, limit).search(/\s\S/);
  return space < 0 ? whole(text, at) : at + space + 1;
}

/** The last end of a word at or before `at`, if it is not far. */
function wordEnd(text: string, at: number, from: number): number {
  const space = text.slice(from, at).search(/\s\S{0,24}$/);
  return space <= 0 ? whole(text, at) : from + space;
}

/** Not between the two units of one character. */
function whole(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : at;
}
