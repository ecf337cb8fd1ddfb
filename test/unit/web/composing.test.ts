import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '#test/support/effort.ts';
import type { UserId } from '#web/api/index.ts';
import { mentionsOf, withWriting, writingOf } from '#web/client/chat/drafts.ts';
import { withRecentEmoji } from '#web/client/chat/emojis.ts';
import { mentionPieces } from '#web/client/chat/mention-pieces.ts';
import { matching, mentionQuery } from '#web/client/chat/mention-search.ts';
import { plainText } from '#web/client/chat/plain-text.ts';
import { type Mark, marked } from '#web/client/chat/text-marks.ts';

/** A text with `[` and `]` around what is selected. */
function change(text: string, mark: Mark): string {
  const start = text.indexOf('[');
  const end = text.indexOf(']') - 1;
  const { from, to, insert, ...selected } = marked({ text: text.replace(/[[\]]/g, ''), start, end }, mark);
  const plain = text.replace(/[[\]]/g, '');
  const changed = plain.slice(0, from) + insert + plain.slice(to);
  const inside = changed.slice(selected.start, selected.end);
  return `${changed.slice(0, selected.start)}[${inside}]${changed.slice(selected.end)}`;
}

describe('web client: writing', () => {
  it('puts marks on what is selected, and takes them away again', () => {
    assert.equal(change('say [it] loud', 'bold'), 'say **[it]** loud');
    assert.equal(change('say **[it]** loud', 'bold'), 'say [it] loud');
    assert.equal(change('say[ it ]loud', 'italic'), 'say _[it]_ loud');
    assert.equal(change('say []', 'code'), 'say `[]`');
    assert.equal(change('a\n[b\nc]\nd', 'code'), 'a\n```\n[b\nc]\n```\nd');
  });

  it('makes lists and quotes of whole lines, and lines again', () => {
    assert.equal(change('a\nb[\n]c', 'bullets'), 'a\n[- b\n- c]');
    assert.equal(change('a\n[- b\n- c]', 'bullets'), 'a\n[b\nc]');
    assert.equal(change('[- b\n- c]', 'numbers'), '[1. b\n2. c]');
    assert.equal(change('b[]', 'quote'), '> b[]');
  });

  it('knows what is being typed behind an “@”, and what is only an address', () => {
    assert.deepEqual(mentionQuery('Dear @an', 8), { at: 5, query: 'an' });
    assert.deepEqual(mentionQuery('@', 1), { at: 0, query: '' });
    assert.deepEqual(mentionQuery('@Anna Be', 8), { at: 0, query: 'Anna Be' });
    for (const text of ['ann@example.org', 'no one', '@ a', '@a\nb'])
      assert.equal(mentionQuery(text, text.length), undefined, text);
  });

  it('finds names by the beginning of each part, whatever its case and accents', () => {
    const names = ['Anna Berg', 'Zoë Annan', 'Bernd', 'Marie-Anne'];
    const found = (query: string, most = 10) => matching(names, query, (name) => name, most);
    assert.deepEqual(found('an'), ['Anna Berg', 'Zoë Annan', 'Marie-Anne']);
    assert.deepEqual(found('zoe'), ['Zoë Annan']);
    assert.deepEqual(found('anna b'), ['Anna Berg']);
    assert.equal(found('', 2).length, 2);
  });

  it('mentions those who were picked as long as their names stand in the text', () => {
    const ben = { userId: 'u-ben' as UserId, name: 'Ben' };
    const all = { userId: 'everybody' as const, name: 'Everybody' };
    assert.equal(mentionsOf({ text: 'Ben, look', called: [ben] }), undefined);
    assert.deepEqual(mentionsOf({ text: '@Ben, look @Ben', called: [ben, ben] }), ['u-ben']);
    assert.equal(mentionsOf({ text: '@Everybody and @Ben', called: [ben, all] }), 'everybody');
  });

  it('keeps what was begun while another message is being changed', () => {
    const draft = { text: 'begun', called: [], editing: { target: 'e1' as never, text: 'old', called: [] } };
    const changed = withWriting(draft, { text: 'new', called: [] });
    assert.equal(writingOf(changed).text, 'new');
    assert.equal(writingOf({ ...changed, editing: undefined }).text, 'begun');
  });

  it('finds the names that a text calls, longer ones first, and loses nothing', () => {
    const pieces = mentionPieces('Hi @Ann Lee and @Ann, not ann@Ann', ['Ann', 'Ann Lee']);
    assert.deepEqual(
      pieces.filter(({ isMention }) => isMention).map(({ text }) => text),
      ['@Ann Lee', '@Ann', '@Ann'],
    );
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (text, names) =>
        assert.equal(
          mentionPieces(text, names)
            .map((piece) => piece.text)
            .join(''),
          text,
        ),
      ),
      { numRuns: runs(200) },
    );
  });

  it('tells a message in one line without its marks', () => {
    assert.equal(plainText('**Hello**\n- _one_\n- `two`\n> said\n```\ncode\n```'), 'Hello one two said code');
  });

  it('keeps the emojis used lately, each once', () => {
    assert.deepEqual(withRecentEmoji(['👍', '🎉'], '🎉'), ['🎉', '👍']);
    assert.equal(withRecentEmoji([...'abcdefgh'], 'i').length, 8);
  });
});
