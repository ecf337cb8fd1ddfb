import assert from 'node:assert/strict';
import { conversationIdSchema, entryIdSchema, userIdSchema } from '#shared/ids.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { NewEntry } from '#ucserver/chat/commit-plan.ts';
import { Committer } from '#ucserver/chat/committer.ts';

const author = userIdSchema.parse('ada');

function entry(id: string): NewEntry {
  const conversationId = conversationIdSchema.parse('d-conversation');
  return { conversationId, entryId: entryIdSchema.parse(id), author, kind: 'message', body: '{}', at: 1 };
}

describe('the rest between two batches of messages', () => {
  let clock: ManualClock;
  let batches: string[][];
  let committer: Committer;

  /** A database that takes this long for a batch. */
  function open(commitMs: number): void {
    clock = new ManualClock();
    batches = [];
    committer = new Committer({
      ...{ clock, logger: silentLogger, batchEntries: 100, gatherMs: 10, onCommitted: () => undefined },
      repository: {
        create: () => Promise.reject(new Error('every conversation is there')),
        async commit(batch) {
          batches.push(batch.map(({ entryId }) => entryId));
          await new Promise<void>((done) => clock.after(commitMs, done));
          return {
            generation: 1,
            goneFiles: [],
            placements: batch.map(() => ({ outcome: 'added', seq: 1, at: 1, kind: 'message' })),
          };
        },
      },
    });
  }

  const send = (id: string): Promise<unknown> => committer.commit(entry(id), [author]);
  const begun = (count: number): Promise<void> => eventually(() => assert.equal(batches.length, count));

  async function commitFirst(commitMs: number): Promise<void> {
    open(commitMs);
    const first = send('first');
    await begun(1);
    await clock.pass(commitMs);
    await first;
  }

  it('is as long as the last one took, and what comes meanwhile is stored together', async () => {
    await commitFirst(6);
    void send('second');
    await clock.pass(5);
    void send('third');
    assert.equal(batches.length, 1);
    await clock.pass(1);
    await begun(2);
    assert.deepEqual(batches[1], ['second', 'third']);
  });

  it('is no longer than the setting, however slow the database is', async () => {
    await commitFirst(400);
    void send('second');
    await clock.pass(9);
    assert.equal(batches.length, 1);
    await clock.pass(1);
    await begun(2);
  });

  it('is left out when as many wait as were stored', async () => {
    open(6);
    const first = send('first');
    await begun(1);
    void send('second');
    await clock.pass(6);
    await first;
    await begun(2);
  });

  it('has passed for who writes now and then', async () => {
    await commitFirst(6);
    await clock.pass(6);
    void send('second');
    await begun(2);
  });
});
