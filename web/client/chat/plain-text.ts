import { type Block, type Inline, parseFormatting } from '#shared/protocol/formatting.ts';
import type { FileRef } from '#web/api/index.ts';

/** A message without its marks, in one line: for lists, quotes and notifications. */
export function plainText(written: string): string {
  return parseFormatting(written).map(blockText).join(' ').replaceAll(/\s+/gu, ' ').trim();
}

/** What a message says in one line: its text, or the names of its files when it has none. */
export function briefly({
  text = '',
  files = [],
}: {
  readonly text?: string | undefined;
  readonly files?: readonly Pick<FileRef, 'name'>[] | undefined;
}): string {
  return plainText(text) || files.map(({ name }) => `📎 ${name}`).join(', ');
}

function blockText(block: Block): string {
  if (block.kind === 'codeBlock') return block.text;
  return (block.kind === 'list' ? block.items : block.lines).map(inlineText).join(' ');
}

function inlineText(pieces: readonly Inline[]): string {
  return pieces.map((piece) => ('children' in piece ? inlineText(piece.children) : piece.text)).join('');
}
