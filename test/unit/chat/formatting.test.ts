import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Block, type Inline, parseFormatting, safeHref } from '#shared/protocol/formatting.ts';
import { runs } from '#test/support/effort.ts';
import { scriptPayloads } from '#test/support/script-payloads.ts';

const line = (text: string): readonly Inline[] => {
  const [block] = parseFormatting(text);
  return block !== undefined && 'lines' in block ? (block.lines[0] ?? []) : [];
};
const plain = (text: string): Inline => ({ kind: 'text', text });

function inlines(block: Block): readonly Inline[] {
  if (block.kind === 'codeBlock') return [];
  return (block.kind === 'list' ? block.items : block.lines).flat();
}

function* everyPiece(pieces: readonly Inline[]): Generator<Inline> {
  for (const piece of pieces) {
    yield piece;
    if ('children' in piece) yield* everyPiece(piece.children);
  }
}

function textOf(pieces: readonly Inline[]): string {
  return pieces.map((piece) => ('children' in piece ? textOf(piece.children) : piece.text)).join('');
}

describe('formatting of messages', () => {
  it('knows bold, italic, code, and one in the other', () => {
    assert.deepEqual(line('a **b** *c* _d_ `e*f*`'), [
      plain('a '),
      { kind: 'bold', children: [plain('b')] },
      plain(' '),
      { kind: 'italic', children: [plain('c')] },
      plain(' '),
      { kind: 'italic', children: [plain('d')] },
      plain(' '),
      { kind: 'code', text: 'e*f*' },
    ]);
    const [bold] = line('**bold *and italic***');
    assert.deepEqual(bold, { kind: 'bold', children: [plain('bold '), { kind: 'italic', children: [plain('and italic')] }] });
  });

  it('leaves alone what is no whole mark', () => {
    for (const text of ['snake_case_name', '2*3*4', '* a', 'a ** b', '**open', '`', '``', '_ a _', '5 * 3 = 15, 2 * 2', '***'])
      assert.equal(textOf(parseFormatting(text).flatMap(inlines)), text.replace(/^\* /, ''), text);
    assert.deepEqual(line('snake_case_name'), [plain('snake_case_name')]);
  });

  it('knows lists, quotes and code blocks between paragraphs', () => {
    const text = 'one\ntwo\n- a\n- b\n1. c\n> said\n> **so**\n```ts\nlet *x* = 1;\n\n```\nend';
    assert.deepEqual(parseFormatting(text), [
      { kind: 'paragraph', lines: [[plain('one')], [plain('two')]] },
      { kind: 'list', ordered: false, items: [[plain('a')], [plain('b')]] },
      { kind: 'list', ordered: true, items: [[plain('c')]] },
      { kind: 'quote', lines: [[plain('said')], [{ kind: 'bold', children: [plain('so')] }]] },
      { kind: 'codeBlock', text: 'let *x* = 1;\n' },
      { kind: 'paragraph', lines: [[plain('end')]] },
    ]);
    assert.deepEqual(parseFormatting('```\nnever closed'), [
      { kind: 'paragraph', lines: [[plain('```')], [plain('never closed')]] },
    ]);
  });

  it('makes links of web, mail and telephone addresses, without what only follows them', () => {
    const hrefs = (text: string) => [...everyPiece(line(text))].flatMap((piece) => (piece.kind === 'link' ? [piece.href] : []));
    assert.deepEqual(hrefs('see https://example.org/a_b_c?d=1, or (http://example.org).'), [
      'https://example.org/a_b_c?d=1',
      'http://example.org/',
    ]);
    assert.deepEqual(hrefs('mailto:ada@example.org tel:+43123456'), ['mailto:ada@example.org', 'tel:+43123456']);
    assert.deepEqual(hrefs('**https://example.org/**'), ['https://example.org/']);
    assert.deepEqual(hrefs('xhttps://example.org'), []);
  });

  it('lets nothing in that runs or hides where it leads', () => {
    for (const payload of scriptPayloads) {
      const blocks = parseFormatting(payload);
      for (const piece of everyPiece(blocks.flatMap(inlines))) {
        if (piece.kind === 'link')
          assert.match(piece.href, /^(?:https?:\/\/[^\s"'<>@]*|mailto:[^\s"'<>]*|tel:[^\s"'<>]*)$/, payload);
      }
    }
    for (const text of [
      'javascript:alert(1)',
      'https://a:b@example.org/',
      'data:,x',
      '//example.org',
      `https://example.org/${'x'.repeat(3_000)}`,
    ])
      assert.equal(safeHref(text), undefined, text);
  });

  it('gives only the pieces it promises, keeps what was written, and is fast, whatever is written', () => {
    const kinds = new Set(['text', 'code', 'bold', 'italic', 'link']);
    const parts = fc.constantFrom(
      '*',
      '**',
      '_',
      '`',
      '```',
      '\n',
      '> ',
      '- ',
      '1. ',
      ' ',
      'a',
      'https://x.y',
      '<b>',
      '😀',
      'ä',
      ...scriptPayloads,
    );
    const texts = fc.oneof(
      fc.array(parts, { maxLength: 60 }).map((some) => some.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const blocks = parseFormatting(text);
        const marks = /[*_`>\-\d.)\s]/g;
        const shown = blocks.map((block) => (block.kind === 'codeBlock' ? block.text : textOf(inlines(block)))).join('');
        for (const piece of everyPiece(blocks.flatMap(inlines))) assert.ok(kinds.has(piece.kind));
        // The name after an opening fence is the only thing beside marks that is not shown.
        if (!text.includes('```')) assert.equal(shown.replaceAll(marks, ''), text.replaceAll(marks, ''));
      }),
      { numRuns: runs(200) },
    );
    for (const text of [
      '*'.repeat(10_000),
      '**a '.repeat(2_500),
      '_a*b`'.repeat(2_000),
      '> '.repeat(5_000),
      'h'.repeat(10_000),
      '*a* '.repeat(2_500),
    ]) {
      const beganMs = performance.now();
      parseFormatting(text);
      assert.ok(performance.now() - beganMs < 5_000, text.slice(0, 10));
    }
  });
});
