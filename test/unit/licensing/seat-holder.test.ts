import assert from 'node:assert/strict';
import type { ServerId } from '#shared/ids.ts';
import type { LedgerAnswer } from '#ucserver/licensing/ledger-plan.ts';
import { SeatHolder } from '#ucserver/licensing/seat-holder.ts';

const held = (moved: readonly string[]): LedgerAnswer => ({
  outcome: 'held',
  seats: 0,
  moved,
  lost: [],
  elsewhere: [],
  blocks: [],
  taken: moved.length,
});

describe('seats that one server holds', () => {
  let holder: SeatHolder;
  const ask = (nowMs: number) => holder.ask({ spare: 0, keepMs: 0, give: 0, nowMs });

  beforeEach(() => {
    holder = new SeatHolder({ serverId: 'one' as ServerId, life: 1 });
    holder.claim('ann');
    holder.answered(ask(0), held(['ann']), 0);
  });

  it('serve the name they came along with, also when it has left and nobody was told', () => {
    assert.ok(holder.take('ann', 1));
    holder.leave('ann', 2);
    assert.ok(holder.take('ann', 3));
    assert.equal(holder.take('bob', 4), false);
  });

  it('are not used again once the ledger may have heard that they go back', () => {
    assert.ok(holder.take('ann', 1));
    holder.leave('ann', 2);
    const going = ask(3);
    assert.deepEqual(going.removed, ['ann']);
    assert.equal(holder.take('ann', 4), false);
    holder.answered(going, held([]), 3);
    assert.equal(holder.take('ann', 5), false);
  });
});
