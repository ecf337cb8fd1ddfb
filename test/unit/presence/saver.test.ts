import assert from 'node:assert/strict';
import { serverIdSchema, userIdSchema } from '#shared/ids.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { Database } from '#ucserver/database/index.ts';
import { nothingLasting } from '#ucserver/presence/owned-user.ts';
import { PresenceSaver } from '#ucserver/presence/saver.ts';

const ann = userIdSchema.parse('ann');
const s1 = serverIdSchema.parse('s1');

function world() {
  const clock = new ManualClock();
  const saves: { readonly atMs: number; readonly seqs: readonly number[] }[] = [];
  const run = async (_procedure: unknown, { rows }: { rows: readonly { version: string }[] }) => {
    saves.push({ atMs: clock.monotonicMs(), seqs: rows.map(({ version }) => JSON.parse(version)[3]) });
    return rows.length;
  };
  const database = { run, onHealth: () => () => undefined } as unknown as Database;
  const saver = new PresenceSaver({ database, clock, logger: silentLogger });
  return { clock, saves, saver, save: (seq: number) => saver.save(ann, nothingLasting, [1, s1, 1, seq]) };
}

describe('saving presence', () => {
  it('stores a change soon', async () => {
    const { clock, saves, save } = world();
    save(1);
    await clock.pass(300);
    assert.deepEqual(saves, [{ atMs: 250, seqs: [1] }]);
  });

  it('stores the last of many changes, every 2 s while they go on', async () => {
    const { clock, saves, save } = world();
    for (let seq = 1; seq <= 40; seq++) {
      save(seq);
      await clock.pass(100);
    }
    assert.deepEqual(saves, [
      { atMs: 250, seqs: [3] },
      { atMs: 2_250, seqs: [23] },
    ]);
    await clock.pass(2_000);
    assert.deepEqual(saves.at(-1), { atMs: 4_250, seqs: [40] });
  });

  it('stores at once what waits when a user is given to another server', async () => {
    const { clock, saves, saver, save } = world();
    save(1);
    await clock.pass(300);
    save(2);
    await saver.flush();
    assert.deepEqual(saves.at(-1)?.seqs, [2]);
    assert.equal(saver.waiting, 0);
  });
});
