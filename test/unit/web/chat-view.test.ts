import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '#test/support/effort.ts';
import { type ChatLog, logOf, withEarlier, withEntries } from '#web/api/chat-log.ts';
import { shownMessages } from '#web/api/chat-view.ts';
import type { Conversation, ConversationId, Entry, EntryId, UserId } from '#web/api/index.ts';

const anna = 'anna' as UserId;
const ben = 'ben' as UserId;
const conversationId = 'c' as ConversationId;

function logFrom(list: readonly (readonly [kind: string, body: object, author?: UserId])[]): Entry[] {
  return list.map(([kind, body, author = ben], index) => {
    const seq = index + 1;
    return { conversationId, seq, entryId: `e${seq}` as EntryId, author, at: seq, kind, body: body as Entry['body'] };
  });
}

/** The log as the server gives it afterwards: what was taken back is empty. */
function emptied(log: readonly Entry[]): Entry[] {
  const gone = new Set(log.filter(({ kind }) => kind === 'delete').map(({ body }) => body.target));
  return log.map((entry) => {
    const isGone = gone.has(entry.entryId) || (entry.kind === 'edit' && gone.has(entry.body.target));
    return isGone && entry.kind !== 'delete' ? { ...entry, body: {} } : entry;
  });
}

const target = 'e1';

describe('web/api: what a log shows', () => {
  it('shows the newest text, what stood there before, and each reaction once per person', () => {
    const [message, answer] = shownMessages(
      logFrom([
        ['message', { text: 'helo' }],
        ['reaction', { target, emoji: '👍', on: true }, anna],
        ['edit', { target, text: 'hello' }],
        ['reaction', { target, emoji: '👍', on: true }],
        ['reaction', { target, emoji: '👍', on: true }],
        ['reaction', { target, emoji: '🎉', on: true }],
        ['reaction', { target, emoji: '🎉', on: false }],
        ['message', { text: 'hi', replyTo: target }, anna],
        ['something of tomorrow', { target }],
      ]),
    );
    assert.deepEqual([message?.text, message?.earlier, message?.editedAt, message?.at], ['hello', ['helo'], 3, 1]);
    assert.deepEqual(message?.reactions, [{ emoji: '👍', users: [anna, ben] }]);
    assert.deepEqual([answer?.text, answer?.replyTo, answer?.editedAt], ['hi', target, undefined]);
  });

  it('leaves a trace without text of what was taken back, whatever comes afterwards', () => {
    const log = logFrom([
      ['message', { text: 'secret', replyTo: 'e0', mentions: [anna] }],
      ['reaction', { target, emoji: '👍', on: true }],
      ['delete', { target }],
      ['edit', { target, text: 'again' }],
      ['reaction', { target, emoji: '👍', on: true }],
    ]);
    const trace = { seq: 1, entryId: target, author: ben, at: 1, text: undefined, earlier: [], reactions: [] };
    assert.deepEqual(shownMessages(log), [trace]);
    assert.deepEqual(shownMessages(emptied(log)), [trace]);
  });

  it('says which changes are pending, until they have their numbers', () => {
    const log = logFrom([
      ['message', { text: 'helo' }],
      ['message', { text: 'nonsense' }],
      ['edit', { target, text: 'hello' }],
      ['reaction', { target, emoji: '👍', on: true }, anna],
      ['delete', { target: 'e2' }],
    ]);
    const changes = (pendingFrom: number) => {
      const list = log.map(({ seq, ...entry }) => (seq < pendingFrom ? { ...entry, seq } : { ...entry, place: seq }));
      return shownMessages(list).map(({ isChanging, reactions }) => [isChanging, reactions[0]?.isPending]);
    };
    assert.deepEqual(changes(3), [
      [true, true],
      [true, undefined],
    ]);
    assert.deepEqual(changes(5), [
      [undefined, undefined],
      [true, undefined],
    ]);
  });

  it('skips what is about a message that is not held, until the page with it is there', () => {
    const log = logFrom([
      ['message', { text: 'old' }],
      ['message', { text: 'new' }],
      ['edit', { target, text: 'other' }],
    ]);
    assert.deepEqual(
      shownMessages(log.slice(1)).map(({ text }) => text),
      ['new'],
    );
    assert.deepEqual(
      shownMessages(log).map(({ text }) => text),
      ['other', 'new'],
    );
  });

  it('is the same for who heard all of it and for who was away, whenever, and reads it in pages', () => {
    const id = fc.integer({ min: 1, max: 12 }).map((seq) => `e${seq}`);
    const step = fc.oneof(
      fc.record({ text: fc.string({ minLength: 1, maxLength: 5 }) }).map((body) => ['message', body] as const),
      fc.record({ target: id, text: fc.string({ minLength: 1, maxLength: 5 }) }).map((body) => ['edit', body] as const),
      fc.record({ target: id }).map((body) => ['delete', body] as const),
      fc.record({ target: id, emoji: fc.constantFrom('👍', '🎉'), on: fc.boolean() }).map((body) => ['reaction', body] as const),
    );
    const written = fc.array(fc.tuple(step, fc.constantFrom(anna, ben)), { maxLength: 40 });
    fc.assert(
      fc.property(written, fc.nat(40), fc.integer({ min: 1, max: 7 }), (steps, awayAt, page) => {
        // The server takes nothing about what is not a message that stands before it.
        const messages = new Set(steps.flatMap(([[kind]], index) => (kind === 'message' ? [index + 1] : [])));
        const allowed = steps.map(([[kind, body], author], index) => {
          const about = 'target' in body ? Number(body.target.slice(1)) : 0;
          return 'target' in body && !(messages.has(about) && about <= index)
            ? (['message', { text: 'x' }, author] as const)
            : ([kind, body, author] as const);
        });
        const log = logFrom(allowed);
        const expected = shownMessages(log);
        const later = emptied(log);
        const conversation = { conversationId, kind: 'direct', members: [anna, ben], positions: [], unread: 0 } as const;
        const listing = {
          ...conversation,
          members: [anna, ben],
          positions: [],
          head: { generation: 1, seq: 0 },
        } satisfies Conversation;
        let held: ChatLog = withEntries(logOf(listing), log.slice(0, awayAt), anna);
        for (let from = held.entries.length; from < log.length; from += page)
          held = withEntries(held, later.slice(from, from + page), anna);
        assert.deepEqual(shownMessages(held.entries), expected, 'after a time away');
        let back: ChatLog = withEntries({ ...logOf(listing), head: log.length }, [], anna);
        for (let to = log.length; to > 0; to -= page)
          back = withEarlier(back, later.slice(Math.max(0, to - page), to), to > page);
        assert.deepEqual(shownMessages(back.entries), expected, 'page by page from the end');
      }),
      { numRuns: runs(300) },
    );
  });
});
