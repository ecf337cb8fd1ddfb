import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type ChatLog,
  cursorOf,
  deliveryOf,
  isBehind,
  lastSeq,
  logOf,
  withCommitted,
  withEarlier,
  withEntries,
  withHead,
  withListing,
  withNewest,
  withPending,
  withPosition,
  withSeen,
} from '#web/api/chat-log.ts';
import { cleared } from '#web/api/emptied.ts';
import type { Conversation, ConversationId, Entry, EntryId, PendingEntry, UserId } from '#web/api/index.ts';

const anna = 'anna' as UserId;
const ben = 'ben' as UserId;
const conversationId = 'c' as ConversationId;

const entry = (seq: number, author = ben): Entry => ({
  conversationId,
  seq,
  entryId: `e${seq}` as EntryId,
  author,
  at: seq,
  kind: 'message',
  body: { text: String(seq) },
});

const entries = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));

function listing(headSeq: number, more: Partial<Conversation> = {}): Conversation {
  return {
    conversationId,
    kind: 'direct',
    members: [anna, ben],
    head: { generation: 1, seq: headSeq },
    positions: [],
    unread: 0,
    ...(headSeq > 0 ? { lastEntry: entry(headSeq) } : {}),
    ...more,
  };
}

const numbers = (log: ChatLog) => log.entries.map(({ seq }) => seq);

describe('web/api: chat log', () => {
  it('holds no texts that are no longer kept, also those that are read late', () => {
    const reaction = { ...entry(2), kind: 'reaction', body: { target: 'e1', emoji: '👍', on: true } };
    const log = cleared(withEarlier(logOf(listing(4, { emptiedUpTo: 3 })), [entry(1), reaction, entry(3)], false));
    assert.deepEqual(
      log.entries.map(({ body }) => body),
      [{}, reaction.body, {}, { text: '4' }],
    );
    assert.equal(cleared(log), log);
  });

  it('begins with the newest entry and goes back page by page', () => {
    let log = logOf(listing(100));
    assert.deepEqual([numbers(log), log.complete], [[100], false]);
    log = withEarlier(log, entries(50, 99), true);
    log = withEarlier(log, entries(1, 49), false);
    assert.deepEqual([lastSeq(log), log.entries.length, log.complete], [100, 100, true]);
  });

  it('leaves out a page that does not join', () => {
    const log = logOf(listing(100));
    assert.equal(withEarlier(log, entries(50, 90), true), log);
  });

  it('skips what it has, and does not jump over a gap', () => {
    let log = withEntries(logOf(listing(5)), [entry(5), entry(6)], anna);
    assert.deepEqual(numbers(log), [5, 6]);
    log = withEntries(log, [entry(9)], anna);
    assert.deepEqual([numbers(log), isBehind(log), cursorOf(log).seq], [[5, 6], true, 6]);
    log = withEntries(log, entries(7, 9), anna);
    assert.deepEqual([numbers(log), isBehind(log)], [[5, 6, 7, 8, 9], false]);
  });

  it('holds a piece without gaps or doubles in whatever order entries arrive, and is whole after one repair', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 });
    fc.assert(
      fc.property(arrivals, (seqs) => {
        let log = seqs.reduce((known, seq) => withEntries(known, [entry(seq)], anna), logOf(listing(3)));
        assert.ok(numbers(log).every((seq, index) => index === 0 || seq === (numbers(log)[index - 1] ?? 0) + 1));
        assert.equal(log.head, Math.max(3, ...seqs));
        if (isBehind(log)) log = withEntries(log, entries(lastSeq(log) + 1, log.head), anna);
        assert.equal(lastSeq(log), log.head);
      }),
    );
  });

  it('counts what others wrote as unread until it is read, here or on another device', () => {
    let log = withEntries(logOf(listing(0)), [entry(1), entry(2, anna), entry(3)], anna);
    assert.equal(log.unread, 2);
    log = withPosition(log, { userId: anna, read: 2, delivered: 3 }, anna);
    assert.equal(log.unread, 1);
    log = withPosition(log, { userId: anna, read: 3, delivered: 3 }, anna);
    assert.equal(log.unread, 0);
    assert.equal(withPosition(log, { userId: anna, read: 1, delivered: 1 }, anna), log, 'positions only grow');
  });

  it('tells how far an own message has got', () => {
    let log = withEntries(logOf(listing(0)), [entry(1, anna)], anna);
    assert.equal(deliveryOf(log, 1, anna), 'sent');
    log = withPosition(log, { userId: ben, read: 0, delivered: 1 }, anna);
    assert.equal(deliveryOf(log, 1, anna), 'delivered');
    log = withPosition(log, { userId: ben, read: 1, delivered: 1 }, anna);
    assert.equal(deliveryOf(log, 1, anna), 'read');
  });

  it('keeps what it holds when the server lists the same generation again', () => {
    const log = withEntries(logOf(listing(5)), [entry(6)], anna);
    const again = withListing(log, listing(8, { unread: 2 }), anna);
    assert.deepEqual([numbers(again), again.head, again.unread], [[5, 6], 8, 2]);
  });

  it('is not set back by an answer that an event or an own mark has overtaken', () => {
    let log = withEntries(logOf(listing(5)), [entry(6)], anna);
    log = withListing(log, listing(5), anna);
    assert.deepEqual([numbers(log), log.head, log.unread], [[5, 6], 6, 1]);
    log = withNewest(log, entries(1, 5), { generation: 1, seq: 5 }, false);
    assert.deepEqual(numbers(log), [1, 2, 3, 4, 5, 6]);
    log = withPosition(log, { userId: anna, read: 6, delivered: 6 }, anna);
    assert.equal(withListing(log, listing(6, { unread: 1 }), anna).unread, 0);
    assert.equal(withHead(log, { generation: 0, seq: 99 }), log);
  });

  it('fetches what lies between a page and an entry that overtook it', () => {
    const log = withEntries({ ...logOf(listing(0)), head: 5 }, [entry(8)], anna);
    const read = withNewest(log, entries(1, 5), { generation: 1, seq: 5 }, false);
    assert.deepEqual([lastSeq(read), isBehind(read)], [5, true]);
  });

  it('takes into a log where nothing was written only its very first entry; what comes too early is to be fetched', () => {
    const early = withEntries(logOf(listing(0)), [entry(3)], anna);
    assert.deepEqual([numbers(early), isBehind(early)], [[], true]);
    const whole = withEntries(early, entries(1, 3), anna);
    assert.deepEqual([numbers(whole), whole.complete], [[1, 2, 3], true]);
  });

  describe('pending entries', () => {
    const waiting = (place: number): PendingEntry => {
      const { seq, ...rest } = entry(place);
      return { ...rest, place: seq };
    };
    const shown = (log: ChatLog) => [...log.entries, ...log.pending].map(({ entryId }) => entryId);

    it('are in the order of their places, each once', () => {
      const log = withPending(withPending(logOf(listing(2)), [waiting(5), waiting(3)], anna), [waiting(4), waiting(3)], anna);
      assert.deepEqual(shown(log), ['e2', 'e3', 'e4', 'e5']);
      assert.equal(withPending(log, [waiting(4)], anna), log, 'nothing changes');
      assert.equal(withPending(log, [waiting(2)], anna), log, 'what has a number is pending no more');
    });

    it('say at once who is in a group and what it is called', () => {
      const body = { added: ['cleo'], removed: [anna] };
      const log = withPending(
        logOf(listing(2)),
        [
          { ...waiting(3), kind: 'rename', body: { title: 'Crew' } },
          { ...waiting(4), kind: 'members', body },
        ],
        anna,
      );
      assert.deepEqual([log.title, log.left, log.members.includes(anna)], ['Crew', true, false]);
      assert.equal(log.unread, 0);
    });

    it('are unread until they were seen, and not counted again when they get their numbers', () => {
      let log = withPending(logOf(listing(2)), [waiting(3), { ...waiting(4), author: anna }, waiting(5)], anna);
      assert.equal(log.unread, 2);
      log = withEntries(log, [entry(3)], anna);
      assert.equal(log.unread, 2);
      log = withSeen(log, 3, anna);
      assert.equal(log.unread, 0);
      const listed = withListing(log, listing(3, { pending: [waiting(5), waiting(6)], unread: 0 }), anna);
      assert.equal(listed.unread, 1, 'one more than was seen');
      log = withEntries(log, [{ ...entry(4), author: anna }, entry(5)], anna);
      assert.deepEqual([log.unread, log.pending], [0, []]);
      log = withEntries(log, [entry(6)], anna);
      assert.equal(log.unread, 1);
      const position = { userId: anna, read: 6, delivered: 6 };
      assert.equal(withPosition(withPending(log, [waiting(7)], anna), position, anna).unread, 1, 'read elsewhere, but not this');
    });

    it('are in sight, once, from the first news of them on, in whatever order news arrive', () => {
      const news = fc.constantFrom('pending', 'committed', 'entry', 'listing', 'newest') as fc.Arbitrary<string>;
      const step = fc.record({ what: news, at: fc.integer({ min: 3, max: 9 }) });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          let log = logOf(listing(2));
          const seen = new Set<string>();
          for (const { what, at } of steps) {
            if (what === 'pending') log = withPending(log, [waiting(at)], anna);
            if (what === 'committed') log = withCommitted(log, entry(at).entryId, at);
            if (what === 'entry') log = withEntries(log, [entry(at)], anna);
            // Those before `at` have their numbers, those from there on are pending still.
            const pending = Array.from({ length: 10 - at }, (_, index) => waiting(at + index));
            if (what === 'listing') log = withListing(log, listing(at - 1, { pending }), anna);
            if (what === 'newest') log = withNewest(log, entries(2, at - 1), { generation: 1, seq: at - 1 }, true);
            for (const id of shown(log)) seen.add(id);
            assert.equal(new Set(shown(log)).size, shown(log).length, 'each once');
            for (const id of seen) assert.ok(shown(log).includes(id as EntryId), `${id} is in sight after ${what} ${at}`);
          }
          log = withEntries(log, entries(3, 9), anna);
          assert.deepEqual([log.pending, numbers(log)], [[], [2, 3, 4, 5, 6, 7, 8, 9]]);
        }),
        { numRuns: 500 },
      );
    });
  });

  it('begins anew when the generation has risen', () => {
    const log = withEntries(logOf(listing(5)), [entry(6)], anna);
    assert.deepEqual(numbers(withListing(log, listing(4, { head: { generation: 2, seq: 4 } }), anna)), [4]);
    assert.deepEqual(numbers(withHead(log, { generation: 2, seq: 9 })), []);
    assert.deepEqual(numbers(withNewest(log, entries(1, 2), { generation: 2, seq: 2 }, false)), [1, 2]);
  });
});
