import { type Block, type Inline, parseFormatting } from '#shared/protocol/formatting.ts';

/** A message without its marks, in one line: for lists, quotes and notifications. */
export function plainText(written: string): string {
  return parseFormatting(written).map(blockText).join(' ').replaceAll(/\s+/gu, ' ').trim();
}

function blockText(block: Block): string {
  if (block.kind === 'codeBlock') return block.text;
  return (block.kind === 'list' ? block.items : block.lines).map(inlineText).join(' ');
}

function inlineText(pieces: readonly Inline[]): string {
  return pieces.map((piece) => ('children' in piece ? inlineText(piece.children) : piece.text)).join('');
}
