import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { GroupQueue } from '#ucserver/database/sqlite/group-queue.ts';

describe('group queue', () => {
  let clock: ManualClock;
  let groups: { ids: number[]; works: string[]; waitMs: number }[];
  let queue: GroupQueue<string>;

  beforeEach(() => {
    clock = new ManualClock();
    groups = [];
    queue = new GroupQueue({
      clock,
      defaultWaitMs: 1_000,
      unanswered: 'OUTCOME_UNKNOWN',
      send: (calls, waitMs) => groups.push({ ids: calls.map(({ id }) => id), works: calls.map(({ work }) => work), waitMs }),
    });
  });

  function answerLast(): void {
    const ids = groups.at(-1)?.ids ?? [];
    queue.answered(ids.map((id) => ({ id, ok: true, value: id, announces: false })));
  }

  const code = (expected: string) => (error: unknown) => error instanceof UCError && error.code === expected;

  it('sends what is asked in one turn together, and what comes meanwhile after the answer', async () => {
    const first = [queue.ask('a'), queue.ask('b')];
    await clock.pass(0);
    const second = queue.ask('c');
    await clock.pass(0);
    assert.deepEqual(
      groups.map(({ works }) => works),
      [['a', 'b']],
    );
    answerLast();
    await Promise.all(first);
    await clock.pass(0);
    assert.deepEqual(
      groups.map(({ works }) => works),
      [['a', 'b'], ['c']],
    );
    answerLast();
    assert.deepEqual(await second, { id: 3, ok: true, value: 3, announces: false });
  });

  it('sends what brings its own patience alone', async () => {
    const all = [queue.ask('a'), queue.ask('migrate', 60_000), queue.ask('b')];
    for (let turn = 0; turn < 3; turn += 1) {
      await clock.pass(0);
      answerLast();
    }
    await Promise.all(all);
    assert.deepEqual(
      groups.map(({ works, waitMs }) => [works, waitMs]),
      [
        [['a'], 1_000],
        [['migrate'], 60_000],
        [['b'], 1_000],
      ],
    );
  });

  it('says that a thread hangs at the second look only', async () => {
    const hanging = queue.ask('a');
    await clock.pass(0);
    clock.advance(60_000);
    assert.deepEqual([queue.overdue(), queue.overdue()], [false, false], 'the thread is still starting');
    queue.threadReady();
    clock.advance(1_999);
    assert.equal(queue.overdue(), false);
    clock.advance(10_000);
    assert.equal(queue.overdue(), false, 'after a pause the answer may be there already');
    assert.equal(queue.overdue(), true);
    queue.giveUpSent();
    await assert.rejects(hanging, code('OUTCOME_UNKNOWN'));
    assert.equal(queue.overdue(), false);
  });

  it('refuses what was not sent, except what is patient; a late answer harms nobody', async () => {
    const sent = queue.ask('a');
    await clock.pass(0);
    const queued = queue.ask('b');
    const patient = queue.ask('migrate', 60_000);
    queue.refuseQueued();
    await assert.rejects(queued, code('STORAGE_UNAVAILABLE'));
    queue.giveUpSent();
    await assert.rejects(sent, code('OUTCOME_UNKNOWN'));
    await clock.pass(0);
    assert.deepEqual(groups.at(-1)?.works, ['migrate'], 'the next group does not wait for the lost one');
    queue.answered([{ id: 1, ok: true, value: 1, announces: false }]);
    answerLast();
    await patient;
  });

  it('rejects what cannot be sent and goes on', async () => {
    const failing = new GroupQueue<string>({
      clock,
      defaultWaitMs: 1_000,
      unanswered: 'OUTCOME_UNKNOWN',
      send: (calls) => {
        if (calls.some(({ work }) => work === 'bad')) throw new TypeError('cannot be cloned');
        failing.answered(calls.map(({ id }) => ({ id, ok: true, value: undefined, announces: false })));
      },
    });
    await assert.rejects(failing.ask('bad'), TypeError);
    await failing.ask('good');
  });
});
