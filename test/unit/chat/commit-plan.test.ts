import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { runs } from '#test/support/effort.ts';
import { keyOf, type NewEntry, planCommit, rejectedKind, type StoredEntry } from '#ucserver/chat/commit-plan.ts';

function entry(entryId: string, over: Partial<NewEntry> = {}): NewEntry {
  return {
    conversationId: 'c1' as ConversationId,
    entryId: entryId as EntryId,
    author: 'ada' as UserId,
    kind: 'message',
    body: `{"text":"${entryId}"}`,
    at: 1_000,
    ...over,
  };
}

const c1 = 'c1' as ConversationId;
const c2 = 'c2' as ConversationId;

describe('plan of a commit', () => {
  it('numbers new entries from the head on, each conversation for itself, in the order of the batch', () => {
    const batch = [entry('a'), entry('x', { conversationId: c2 }), entry('b')];
    const { placements, inserts, heads } = planCommit(
      batch,
      new Map([
        [c1, 4],
        [c2, 0],
      ]),
      [],
    );
    assert.deepEqual(
      placements.map((placement) => 'seq' in placement && placement.seq),
      [5, 1, 6],
    );
    assert.deepEqual(
      inserts.map(({ entryId, seq }) => [entryId, seq]),
      [
        ['a', 5],
        ['x', 1],
        ['b', 6],
      ],
    );
    assert.deepEqual(heads, [
      { id: c1, lastSeq: 6 },
      { id: c2, lastSeq: 1 },
    ]);
  });

  it('gives an entry that is stored already its number again', () => {
    const stored: StoredEntry = { ...entry('a'), seq: 3, at: 500 };
    const { placements, inserts, heads } = planCommit([entry('a')], new Map([[c1, 4]]), [stored]);
    assert.deepEqual(placements, [{ outcome: 'known', seq: 3, at: 500, kind: 'message' }]);
    assert.deepEqual([inserts, heads], [[], []]);
  });

  it('gives the same entry twice in a batch one number', () => {
    const { placements, inserts } = planCommit([entry('a'), entry('a')], new Map([[c1, 0]]), []);
    assert.deepEqual(
      placements.map((placement) => 'seq' in placement && placement.seq),
      [1, 1],
    );
    assert.equal(inserts.length, 1);
  });

  it('calls the same id with another author, kind or body a conflict', () => {
    const stored: StoredEntry = { ...entry('a'), seq: 3 };
    for (const other of [{ author: 'bob' as UserId }, { body: '{"text":"else"}' }, { kind: 'edit' }]) {
      const { placements, inserts } = planCommit([entry('a', other)], new Map([[c1, 4]]), [stored]);
      assert.deepEqual([placements, inserts], [[{ outcome: 'conflict' }], []]);
    }
  });

  it('knows a rejected entry by id and author, because its body was replaced', () => {
    const stored: StoredEntry = { ...entry('a', { kind: rejectedKind, body: '{"refused":""}' }), seq: 3 };
    const { placements } = planCommit([entry('a')], new Map([[c1, 4]]), [stored]);
    assert.deepEqual(placements, [{ outcome: 'known', seq: 3, at: 1_000, kind: rejectedKind }]);
  });

  it('names what has no conversation', () => {
    assert.deepEqual(planCommit([entry('a')], new Map(), []).placements, [{ outcome: 'missing' }]);
  });

  it('keeps numbers contiguous and ids unique, whatever comes again in whatever batches', () => {
    const some = fc.array(fc.record({ conversation: fc.constantFrom(c1, c2), id: fc.integer({ min: 0, max: 30 }) }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 10 }), (batches) => {
        const stored: StoredEntry[] = [];
        const heads = new Map([
          [c1, 0],
          [c2, 0],
        ]);
        for (const ids of batches) {
          const batch = ids.map(({ conversation, id }) => entry(String(id), { conversationId: conversation }));
          const asked = new Set(batch.map(keyOf));
          const plan = planCommit(
            batch,
            heads,
            stored.filter((each) => asked.has(keyOf(each))),
          );
          stored.push(...plan.inserts);
          for (const { id, lastSeq } of plan.heads) heads.set(id, lastSeq);
        }
        for (const [id, lastSeq] of heads) {
          const seqs = stored.filter(({ conversationId }) => conversationId === id).map(({ seq }) => seq);
          assert.deepEqual(
            seqs,
            Array.from({ length: lastSeq }, (_, index) => index + 1),
          );
        }
        assert.equal(new Set(stored.map(keyOf)).size, stored.length);
      }),
      { numRuns: runs(200) },
    );
  });
});
