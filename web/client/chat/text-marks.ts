/** A text with what is selected in it. */
export interface Selected {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Replace `from` to `to` by `insert`, then select `start` to `end`. */
export interface TextChange {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly start: number;
  readonly end: number;
}

export type Mark = 'bold' | 'italic' | 'code' | 'bullets' | 'numbers' | 'quote';

const around = { bold: '**', italic: '_', code: '`' } as const;
const isAround = (mark: Mark): mark is keyof typeof around => mark in around;
const listStart = /^(?:[-*]|\d{1,9}[.)]) +|^> ?/;

/** Puts a mark on what is selected, or takes it away when it is there. */
export function marked(selected: Selected, mark: Mark): TextChange {
  if (mark === 'code' && selected.text.slice(selected.start, selected.end).includes('\n')) return fenced(selected);
  return isAround(mark) ? enclosed(selected, around[mark]) : prefixed(selected, mark);
}

function enclosed({ text, start, end }: Selected, sign: string): TextChange {
  const { length } = sign;
  if (text.slice(start - length, start) === sign && text.slice(end, end + length) === sign) {
    const inside = text.slice(start, end);
    return { from: start - length, to: end + length, insert: inside, start: start - length, end: end - length };
  }
  // A mark beside a space is none.
  const inside = text.slice(start, end);
  const from = start + inside.length - inside.trimStart().length;
  const to = Math.max(from, end - (inside.length - inside.trimEnd().length));
  const insert = `${sign}${text.slice(from, to)}${sign}`;
  return { from, to, insert, start: from + length, end: to + length };
}

function fenced({ text, start, end }: Selected): TextChange {
  const before = start > 0 && text[start - 1] !== '\n' ? '\n' : '';
  const after = end < text.length && text[end] !== '\n' ? '\n' : '';
  const insert = `${before}\`\`\`\n${text.slice(start, end)}\n\`\`\`${after}`;
  const inside = start + before.length + 4;
  return { from: start, to: end, insert, start: inside, end: inside + (end - start) };
}

function prefixed({ text, start, end }: Selected, mark: 'bullets' | 'numbers' | 'quote'): TextChange {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const next = text.indexOf('\n', end);
  const to = next < 0 ? text.length : next;
  const lines = text.slice(from, to).split('\n');
  const sign = (index: number) => (mark === 'bullets' ? '- ' : mark === 'numbers' ? `${index + 1}. ` : '> ');
  const isThere = lines.every((line, index) => line.startsWith(sign(index)));
  const insert = lines
    .map((line, index) => (isThere ? line.slice(sign(index).length) : sign(index) + line.replace(listStart, '')))
    .join('\n');
  const last = from + insert.length;
  return { from, to, insert, start: lines.length === 1 ? last : from, end: last };
}
