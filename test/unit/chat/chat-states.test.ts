import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { methods } from '#shared/protocol/index.ts';
import { runs } from '#test/support/effort.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { StoredEntry } from '#ucserver/chat/commit-plan.ts';
import { emptiedBody } from '#ucserver/chat/commit-plan.ts';
import { readCursor, writeCursor } from '#ucserver/chat/conversation-cursor.ts';
import { directConversationId } from '#ucserver/chat/conversation-id.ts';
import { LogState } from '#ucserver/chat/log-state.ts';
import { planPositions } from '#ucserver/chat/position-plan.ts';
import { RecentEntries, recentEntries } from '#ucserver/chat/recent-entries.ts';
import { TypingLimit, typingEveryMs } from '#ucserver/chat/typing-limit.ts';

const ada = 'ada' as UserId;
const bob = 'bob' as UserId;
const c1 = 'c1' as ConversationId;

function entry(seq: number, conversationId = c1): StoredEntry {
  return { conversationId, seq, entryId: `e${seq}` as EntryId, author: ada, kind: 'message', body: '{"text":"x"}', at: seq };
}

describe('id of a one-to-one conversation', () => {
  it('is the same for both, and of the form of ids', () => {
    assert.equal(directConversationId(ada, bob), directConversationId(bob, ada));
    assert.match(directConversationId(ada, bob), /^d-[A-Za-z0-9_-]{22}$/);
  });

  it('differs for different pairs, also when their names run together', () => {
    assert.notEqual(directConversationId('ab' as UserId, 'c' as UserId), directConversationId('a' as UserId, 'bc' as UserId));
  });
});

describe('log of a conversation towards clients', () => {
  it('tells each entry once and in order, however they arrive', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 5 }), (seqs, told) => {
        const state = new LogState(told);
        const out = [...seqs, ...Array.from({ length: 20 }, (_, index) => index + 1)].flatMap((seq) => state.take(entry(seq)));
        assert.deepEqual(
          out.map(({ seq }) => seq),
          Array.from({ length: 20 - told }, (_, index) => told + 1 + index),
        );
        assert.equal(state.hasGap, false);
      }),
      { numRuns: runs(200) },
    );
  });

  it('knows of a gap by a head alone, and is through with it after a skip', () => {
    const state = new LogState(3);
    state.learn(7);
    assert.deepEqual([state.hasGap, state.head], [true, 7]);
    state.skipToHead();
    assert.deepEqual([state.hasGap, state.told], [false, 7]);
    assert.deepEqual(state.take(entry(6)), []);
  });
});

describe('recent entries', () => {
  it('answers what follows a number without a gap', () => {
    const recent = new RecentEntries(10);
    for (let seq = 1; seq <= 5; seq++) recent.add(entry(seq), [ada, bob]);
    assert.deepEqual(
      recent.after(c1, 3, 10).map(({ seq }) => seq),
      [4, 5],
    );
    assert.deepEqual(
      recent.after(c1, 1, 2).map(({ seq }) => seq),
      [2, 3],
    );
    assert.deepEqual(recent.after(c1, 5, 10), []);
  });

  it('answers only what is contiguous, in whatever order it came', () => {
    const recent = new RecentEntries(10);
    const seqsAfter = (seq: number) => recent.after(c1, seq, 10).map((each) => each.seq);
    const seqsBefore = (seq: number) => recent.before(c1, seq, 10).map((each) => each.seq);
    for (const seq of [2, 1, 10, 9, 2]) recent.add(entry(seq), [ada, bob]);
    assert.deepEqual([seqsAfter(0), seqsAfter(1), seqsAfter(2), seqsAfter(8)], [[1, 2], [2], [], [9, 10]]);
    assert.deepEqual([seqsBefore(100), seqsBefore(10), seqsBefore(9), seqsBefore(3)], [[9, 10], [9], [], [1, 2]]);
    assert.deepEqual([recent.since(c1, 8)?.length, recent.since(c1, 10), recent.since(c1, 2)], [2, [], undefined]);
    for (const seq of [3, 4, 5, 6, 7, 8]) recent.add(entry(seq), [ada, bob]);
    assert.deepEqual(seqsAfter(0), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('gives nobody what was taken back, also when the message comes after that', () => {
    const recent = new RecentEntries(10);
    const taken = { ...entry(3), kind: 'delete', body: JSON.stringify({ target: entry(2).entryId }) };
    for (const each of [entry(1), taken, entry(2)]) recent.add(each, [ada, bob]);
    assert.deepEqual(
      recent.after(c1, 0, 10).map(({ body }) => body === emptiedBody),
      [false, true, false],
    );
    assert.equal(recent.find(c1, entry(2).entryId)?.body, emptiedBody);
  });

  it(`keeps at least ${recentEntries} of each conversation and forgets the longest unused conversation`, () => {
    const recent = new RecentEntries(2);
    for (let seq = 1; seq <= 500; seq++) recent.add(entry(seq), [ada, bob]);
    assert.equal(recent.after(c1, 500 - recentEntries, 100).length, recentEntries);
    assert.deepEqual(recent.after(c1, 100, 100), []);
    for (const id of ['c2', 'c3']) recent.add(entry(1, id as ConversationId), [ada]);
    assert.deepEqual(
      [...recent.heads('')].map(({ conversationId, last }) => [conversationId, last.seq]),
      [
        ['c2', 1],
        ['c3', 1],
      ],
    );
  });
});

describe('positions', () => {
  const position = (read: number, delivered: number) => ({ conversationId: c1, userId: ada, read, delivered });

  it('only rise, never beyond the log, and what was read has been delivered', () => {
    const plan = (wanted: [number, number], stored: [number, number], lastSeq: number) =>
      planPositions([position(...wanted)], [{ ...position(...stored), lastSeq }]).map(({ read, delivered }) => [read, delivered]);
    assert.deepEqual(plan([5, 5], [3, 4], 9), [[5, 5]]);
    assert.deepEqual(plan([2, 3], [3, 4], 9), []);
    assert.deepEqual(plan([0, 7], [3, 4], 9), [[3, 7]]);
    assert.deepEqual(plan([8, 0], [3, 4], 9), [[8, 8]]);
    assert.deepEqual(plan([99, 99], [3, 4], 9), [[9, 9]]);
  });

  it('of somebody who is no member are dropped; the highest of several wins', () => {
    assert.deepEqual(planPositions([position(5, 5)], []), []);
    const raised = planPositions([position(5, 5), position(4, 6)], [{ ...position(0, 0), lastSeq: 9 }]);
    assert.deepEqual(
      raised.map(({ read, delivered }) => [read, delivered]),
      [[5, 6]],
    );
  });
});

describe('limit of typing events', () => {
  it('lets one through per person, conversation and 3 s', () => {
    const clock = new ManualClock();
    const limit = new TypingLimit(clock);
    const allowed = () => limit.allows(ada, c1);
    assert.deepEqual([allowed(), allowed()], [true, false]);
    assert.equal(limit.allows(bob, c1), true);
    assert.equal(limit.allows(ada, 'c2' as ConversationId), true);
    clock.advance(typingEveryMs - 1);
    assert.equal(allowed(), false);
    clock.advance(1);
    assert.deepEqual([allowed(), allowed()], [true, false]);
  });
});

describe('cursor of the list of conversations', () => {
  it('is read as it was written', () => {
    const cursor = { at: 1_767_600_000_123, id: c1 };
    assert.deepEqual(readCursor(writeCursor(cursor)), cursor);
  });

  it('refuses anything else, naming the field', () => {
    for (const wrong of ['', 'x', '12', '12.', '.c1', 'x.c1', '12.c 1'])
      assert.throws(
        () => readCursor(wrong),
        (error) => error instanceof UCError && error.code === 'BAD_REQUEST' && error.field === 'params.cursor',
      );
  });
});

describe('text of a message', () => {
  const accepts = (text: string) =>
    methods['chat.send'].params.safeParse({ conversationId: 'c1', entryId: 'e1', body: { text } }).success;

  it('has at most 10,000 UTF-16 units', () => {
    assert.equal(accepts('x'.repeat(10_000)), true);
    assert.equal(accepts('x'.repeat(10_001)), false);
    assert.equal(accepts('😀'.repeat(5_000)), true);
    assert.equal(accepts(`${'😀'.repeat(5_000)}x`), false);
    assert.equal(accepts(''), false);
  });

  it('holds neither U+0000 nor lone surrogates', () => {
    assert.equal(accepts('a\u0000b'), false);
    assert.equal(accepts('a\ud800b'), false);
    assert.equal(accepts('\udc00'), false);
  });
});
