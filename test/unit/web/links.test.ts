import assert from 'node:assert/strict';
import fc from 'fast-check';
import { piecesOf } from '#web/client/chat/links.ts';

const links = (message: string) =>
  piecesOf(message).flatMap((piece) => (piece.kind === 'link' ? [[piece.text, piece.href]] : []));

describe('web client: links in messages', () => {
  it('finds addresses and leaves the punctuation of the sentence outside', () => {
    assert.deepEqual(links('See https://example.org/a?b=c#d, or (www.example.org).'), [
      ['https://example.org/a?b=c#d', 'https://example.org/a?b=c#d'],
      ['www.example.org', 'https://www.example.org/'],
    ]);
    assert.deepEqual(links('https://en.example.org/wiki/Mesh_(network)'), [
      ['https://en.example.org/wiki/Mesh_(network)', 'https://en.example.org/wiki/Mesh_(network)'],
    ]);
  });

  it('makes a link of nothing that could run, hide or deceive', () => {
    const messages = [
      'javascript:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'file:///etc/passwd',
      'https://example.org@evil.example/',
      'https://user:secret@example.org/',
      '<a href="x">y</a>',
      'https://',
    ];
    for (const message of messages) assert.deepEqual(links(message), [], message);
  });

  it('loses no character, whatever is written', () => {
    const piece = fc.constantFrom('https://', 'www.', 'example.org', '(', ')', '.', ' ', '"', '<b>', 'ü', '😀', '/a?b');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), (parts) => {
        const message = parts.join('');
        assert.equal(
          piecesOf(message)
            .map(({ text }) => text)
            .join(''),
          message,
        );
        for (const [, href = ''] of links(message)) assert.match(href, /^https?:\/\//);
      }),
    );
  });
});
