/** What is being typed behind an “@”. */
export interface MentionQuery {
  /** Where the “@” stands. */
  readonly at: number;
  readonly query: string;
}

/** Names are found by at most this many characters. */
const longestQuery = 40;

/** The mention that is being written in front of the cursor, if there is one. */
export function mentionQuery(text: string, cursor: number): MentionQuery | undefined {
  const at = text.lastIndexOf('@', cursor - 1);
  if (at < 0 || cursor - at > longestQuery) return undefined;
  // Inside a word it is part of an address.
  const before = text[at - 1];
  if (before !== undefined && !/[\s(>"'*_]/u.test(before)) return undefined;
  const query = text.slice(at + 1, cursor);
  return /^\s|\n/u.test(query) ? undefined : { at, query };
}

/** Those whose name, or a part of it, begins with what was typed, in their order. */
export function matching<T>(candidates: readonly T[], query: string, nameOf: (candidate: T) => string, most: number): T[] {
  const wanted = folded(query);
  const found: T[] = [];
  for (const candidate of candidates) {
    const name = folded(nameOf(candidate));
    if (name !== '' && (name.startsWith(wanted) || name.split(/[\s-]+/u).some((part) => part.startsWith(wanted))))
      found.push(candidate);
    if (found.length === most) break;
  }
  return found;
}

/** Case and accents do not count. */
function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}
