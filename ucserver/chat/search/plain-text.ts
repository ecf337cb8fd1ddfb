import { type Block, type Inline, parseFormatting } from '#shared/protocol/formatting.ts';

const formatted = /[*_`]|^(?:>|- |\d{1,9}[.)] )/m;

/** What a message says, without the marks of its formatting. */
export function plainTextOf(text: string): string {
  return formatted.test(text) ? parseFormatting(text).map(blockText).join('\n') : text;
}

function blockText(block: Block): string {
  if (block.kind === 'codeBlock') return block.text;
  const lines = block.kind === 'list' ? block.items : block.lines;
  return lines.map((line) => line.map(inlineText).join('')).join('\n');
}

function inlineText(inline: Inline): string {
  return 'children' in inline ? inline.children.map(inlineText).join('') : inline.text;
}
