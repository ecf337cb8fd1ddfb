/** Bytes of a content, the last one included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * What part of a content a `Range` header asks for (RFC 9110, 14.1.2). Several ranges, other units and what is malformed are
 * ignored, as the RFC allows: the whole is answered.
 *
 * @returns `undefined`: all of it; `unsatisfiable`: nothing of what was asked for is there.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const count = Math.min(Number(to), size);
    return count === 0 ? 'unsatisfiable' : { first: size - count, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return undefined;
  return first >= size ? 'unsatisfiable' : { first, last };
}
