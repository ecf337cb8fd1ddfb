/** A piece of a text: as it is, or the name of somebody it calls. */
export interface MentionPiece {
  readonly text: string;
  readonly isMention: boolean;
}

/**
 * The text cut at “@” and one of these names. Longer names are found before shorter ones that they begin with. Joined, the
 * pieces are the text again.
 */
export function mentionPieces(text: string, names: readonly string[]): readonly MentionPiece[] {
  const ordered = names.filter((name) => name !== '').sort((a, b) => b.length - a.length);
  if (ordered.length === 0 || !text.includes('@')) return text === '' ? [] : [{ text, isMention: false }];
  const pieces: MentionPiece[] = [];
  let plain = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const name = ordered.find((each) => text.startsWith(each, at + 1));
    if (name === undefined) continue;
    if (at > plain) pieces.push({ text: text.slice(plain, at), isMention: false });
    plain = at + 1 + name.length;
    pieces.push({ text: text.slice(at, plain), isMention: true });
  }
  if (plain < text.length) pieces.push({ text: text.slice(plain), isMention: false });
  return pieces;
}

/** Whether the text still calls somebody by this name. */
export function callsByName(text: string, name: string): boolean {
  return name !== '' && text.includes(`@${name}`);
}
