/** Encodings that a file may be said to have. */
export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-15'] as const;
export type Encoding = (typeof encodings)[number];

const marks: readonly { readonly bytes: readonly number[]; readonly encoding: Encoding }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
];

/**
 * The text of a file. Without a stated encoding its byte order mark decides; without one it is UTF-8, or, where it cannot be, what
 * spreadsheets of Western Europe write.
 *
 * @throws TypeError when it is not of the stated encoding
 */
export function textOf(bytes: Uint8Array, stated?: Encoding): string {
  const marked = marks.find((mark) => mark.bytes.every((byte, index) => bytes[index] === byte))?.encoding;
  const encoding = stated ?? marked;
  if (encoding !== undefined) return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
