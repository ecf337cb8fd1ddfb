import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plainTextOf } from '#ucserver/chat/search/plain-text.ts';
import { snippetOf } from '#ucserver/chat/search/snippet.ts';
import { matches, termsOf, tokensOf } from '#ucserver/chat/search/words.ts';

const marked = (query: string, text: string) => matches(termsOf(query), text)?.map(([from, to]) => text.slice(from, to));

describe('words of a search', () => {
  it('are beginnings, in any order, without case and accents', () => {
    assert.deepEqual(marked('welt HALL', 'Hallo, schöne Welt!'), ['Hallo', 'Welt']);
    assert.deepEqual(marked('cafe', 'im CAFÉ und im cafe\u0301'), ['CAFÉ', 'cafe\u0301']);
    assert.equal(marked('allo', 'Hallo'), undefined);
    assert.equal(marked('hallo du', 'Hallo'), undefined);
  });

  it('know umlauts in each spelling', () => {
    for (const query of ['Müller', 'mueller', 'muller', 'MUELL', 'mül'])
      for (const text of ['Herr Müller', 'Herr Mueller', 'HERR MU\u0308LLER']) {
        const isOther = query === 'muller' && text.includes('ue');
        assert.equal(marked(query, text)?.length, isOther ? undefined : 1, `${query} in ${text}`);
      }
    assert.equal(marked('strasse', 'Straße')?.length, 1);
    assert.equal(marked('blue', 'Blut'), undefined, 'what the index takes for one word is told apart');
  });

  it('are found anywhere in texts without spaces', () => {
    assert.deepEqual(marked('京都', '東京都に住む'), ['東京都に住む']);
    assert.equal(marked('都京', '東京都'), undefined);
    assert.deepEqual(marked('iphone 手机', 'iPhone手机'), ['iPhone', '手机']);
  });

  it('always have a token in the index that begins with each prefix', () => {
    const letters = fc.constantFrom(...'aouäöüßéeIi1', 'ue', 'ae', '½', '京', '都', 'ﬁ', '\u0308', ' ', '-', '𐐷', 'ß');
    const text = fc.array(letters, { maxLength: 40 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, fc.nat(40), fc.nat(10), (said, other, from, length) => {
        for (const query of [other, said.slice(from, from + length).toWellFormed()]) {
          const terms = termsOf(query);
          if (matches(terms, said) === undefined) continue;
          const tokens = [...tokensOf(said)];
          for (const prefix of terms.prefixes)
            assert.ok(
              tokens.some((token) => token.startsWith(prefix)),
              `${prefix} of ${query} in ${tokens.join('|')}`,
            );
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('of a long text take no long time', () => {
    const startMs = performance.now();
    for (const letter of ['\u0308', 'a', '京', 'ä'])
      assert.ok(matches(termsOf(letter), letter.repeat(10_000)) !== undefined || letter === '\u0308');
    assert.ok(performance.now() - startMs < 10_000);
  });
});

describe('the snippet of a hit', () => {
  it('is the whole text when that is short', () => {
    assert.deepEqual(snippetOf('kurz und gut', [[9, 12]]), { text: 'kurz und gut', marks: [[9, 12]] });
  });

  it('shows the first mark with what is around it', () => {
    const text = `${'vorher '.repeat(40)}Treffer ${'nachher '.repeat(40)}`;
    const at = text.indexOf('Treffer');
    const snippet = snippetOf(text, [[at, at + 7]]);
    const [[from, to] = [0, 0]] = snippet.marks;
    assert.equal(snippet.text.slice(from, to), 'Treffer');
    assert.match(snippet.text, /^…vorher .* nachher…$/);
    assert.ok(snippet.text.length < 200);
  });

  it('has its marks within it and cuts no character', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('wort', '😀', ' ', 'ü'), { maxLength: 300 }), fc.nat(900), (pieces, at) => {
        const text = pieces.join('');
        const from = Math.min(at, text.length);
        const { text: shown, marks } = snippetOf(text, [[from, Math.min(text.length, from + 3)]]);
        assert.ok(/[\udc00-\udfff]/.test(text.charAt(from)) || shown.isWellFormed());
        for (const [begin, end] of marks) assert.ok(begin >= 0 && begin <= end && end <= shown.length);
      }),
    );
  });
});

describe('the plain text of a message', () => {
  it('is without the marks of its formatting', () => {
    assert.equal(plainTextOf('Das ist **wichtig** und `code`.\n- eins\n- zwei'), 'Das ist wichtig und code.\neins\nzwei');
    assert.equal(plainTextOf('a < b & c'), 'a < b & c');
  });
});
