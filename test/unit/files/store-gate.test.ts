import assert from 'node:assert/strict';
import type { FileId } from '#shared/ids.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { StoreGate } from '#ucserver/files/store-gate.ts';
import { UploadLocks } from '#ucserver/files/upload-locks.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the door to the shared folder', () => {
  let clock: ManualClock;
  let gate: StoreGate;
  beforeEach(() => {
    clock = new ManualClock();
    gate = new StoreGate(clock);
    gate.judge(undefined);
  });

  it('lets two operations in at a time, in the order they came', async () => {
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const all = [0, 1, 2, 3].map((number) =>
      gate.run(async () => {
        begun.push(number);
        await new Promise<void>((resolve) => ends.push(resolve));
      }),
    );
    await turn();
    assert.deepEqual(begun, [0, 1]);
    ends[1]?.();
    await turn();
    assert.deepEqual(begun, [0, 1, 2]);
    ends[0]?.();
    await turn();
    for (const end of ends) end();
    await Promise.all(all);
    assert.deepEqual(begun, [0, 1, 2, 3]);
  });

  it('refuses everything while an operation does not come back, and opens again when it does', async () => {
    const hanging = Promise.withResolvers<void>();
    const first = gate.run(() => hanging.promise);
    const refused = assert.rejects(first, { code: 'STORAGE_UNAVAILABLE' });
    await clock.pass(10_000);
    await refused;
    assert.equal(gate.problem, 'it does not answer');
    await assert.rejects(
      gate.run(async () => 1),
      { code: 'STORAGE_UNAVAILABLE' },
    );
    await assert.rejects(
      gate.look(async () => 1),
      { code: 'STORAGE_UNAVAILABLE' },
    );
    hanging.resolve();
    await turn();
    assert.equal(await gate.run(async () => 1), 1);
  });

  it('lets nobody but those who look in while the folder is judged to be away', async () => {
    gate.judge('not mounted');
    await assert.rejects(
      gate.run(async () => 1),
      { code: 'STORAGE_UNAVAILABLE', message: 'The store of files is away: not mounted.' },
    );
    assert.equal(await gate.look(async () => 2), 2);
  });
});

describe('locks of uploads within a server', () => {
  const id = 'upload' as FileId;

  it('ask the holder to let go, and wait until it has', async () => {
    const locks = new UploadLocks(new ManualClock());
    let asked = 0;
    const letGo = await locks.take(id, () => {
      asked += 1;
    });
    let isTaken = false;
    const second = locks
      .take(id, () => undefined)
      .then((free) => {
        isTaken = true;
        return free;
      });
    await turn();
    assert.deepEqual([asked, isTaken], [1, false]);
    letGo();
    (await second)();
    assert.ok(isTaken);
    (await locks.take(id, () => undefined))();
  });

  it('give up after a while', async () => {
    const clock = new ManualClock();
    const locks = new UploadLocks(clock);
    await locks.take(id, () => undefined);
    const refused = assert.rejects(
      locks.take(id, () => undefined),
      { code: 'BUSY' },
    );
    await clock.pass(10_000);
    await refused;
  });
});
