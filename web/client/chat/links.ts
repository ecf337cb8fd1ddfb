/** A piece of a message: plain text, or an address that can be followed. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

/** Only what is written out as http(s) or begins with www. is an address; everything people write stays text. */
const address = /\b(?:https?:\/\/|www\.)[^\s<>"']+/giu;

/** What often follows an address in a sentence and is not part of it. */
const trailing = /[.,;:!?…»”’]+$/u;

/** The message cut into text and links. Joined, the pieces are the message again. */
export function piecesOf(message: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { 0: found, index } of message.matchAll(address)) {
    const written = withoutTrailing(found);
    const href = hrefOf(written);
    if (href === undefined) continue;
    if (index > end) pieces.push({ kind: 'text', text: message.slice(end, index) });
    pieces.push({ kind: 'link', text: written, href });
    end = index + written.length;
  }
  if (end < message.length) pieces.push({ kind: 'text', text: message.slice(end) });
  return pieces;
}

function hrefOf(written: string): string | undefined {
  const url = URL.parse(written.toLowerCase().startsWith('www.') ? `https://${written}` : written);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  // An address that shows one name and leads to another is a trap.
  return url.username === '' && url.password === '' && url.hostname.includes('.') ? url.href : undefined;
}

/** Closing brackets belong to the address only when it opens them. */
function withoutTrailing(found: string): string {
  let written = found.replace(trailing, '');
  while (written.endsWith(')') && count(written, ')') > count(written, '(')) written = written.slice(0, -1).replace(trailing, '');
  while (written.endsWith(']') && count(written, ']') > count(written, '[')) written = written.slice(0, -1).replace(trailing, '');
  return written;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
