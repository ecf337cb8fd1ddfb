import assert from 'node:assert/strict';
import { Permission } from '#shared/cluster/permission.ts';
import { ManualClock } from '#test/support/manual-clock.ts';

describe('what a server may do', () => {
  let clock: ManualClock;
  let permission: Permission;
  let inquiries: number;
  let changes: number;

  beforeEach(() => {
    clock = new ManualClock();
    [inquiries, changes] = [0, 0];
    permission = new Permission({ clock, inquire: () => inquiries++, onChange: () => changes++ });
    permission.start();
  });
  afterEach(() => permission.stop());

  /** Time passes in which every 500 ms somebody says that we are not buried. */
  function live(ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      permission.cleared(clock.monotonicMs());
      clock.advance(500);
    }
  }

  const may = () => [permission.mayServe, permission.mayWrite];

  it('is everything while it is known not to be buried', () => {
    live(10_000);
    assert.deepEqual(may(), [true, true]);
    assert.equal(changes, 0);
  });

  it('is serving but not writing after a gap of that knowledge', () => {
    live(1_000);
    clock.advance(1_700);
    assert.deepEqual(may(), [true, false]);
    assert.equal(inquiries, 0);
    permission.cleared(clock.monotonicMs());
    assert.deepEqual(may(), [true, true]);
    assert.equal(changes, 2);
  });

  it('is nothing after a pause of its own loop, already for who asks first', () => {
    live(1_000);
    clock.stall(1_600);
    assert.deepEqual(may(), [false, false]);
    clock.advance(100);
    assert.equal(inquiries, 1);
    clock.advance(1_000);
    assert.deepEqual(may(), [false, false]);
    assert.ok(inquiries >= 4, 'it asks again and again');
  });

  it('comes back only by an answer to what was asked after the pause', () => {
    live(1_000);
    const beforeMs = clock.monotonicMs();
    clock.stall(3_000);
    permission.cleared(beforeMs);
    assert.deepEqual(may(), [false, false], 'this answer may be older than the burial');
    clock.advance(100);
    permission.cleared(beforeMs);
    assert.deepEqual(may(), [false, false]);
    permission.cleared(clock.monotonicMs());
    assert.deepEqual(may(), [true, true]);
  });

  it('is not touched by a short pause', () => {
    live(1_000);
    clock.stall(900);
    assert.deepEqual(may(), [true, true]);
    clock.advance(100);
    assert.equal(inquiries, 0);
  });

  it('is nothing between burial and the new life', () => {
    permission.withdraw();
    live(1_000);
    assert.deepEqual(may(), [false, false]);
    permission.restore();
    assert.deepEqual(may(), [true, true]);
    assert.equal(changes, 2);
  });
});
