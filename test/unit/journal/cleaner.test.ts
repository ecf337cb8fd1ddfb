import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { UserId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { Cleaner } from '#ucserver/journal/cleaner.ts';

const dayMs = 86_400_000;

describe('retention of the journal', () => {
  const clock = new ManualClock();
  let days: number;
  let holds: boolean;
  let isAway: boolean;
  /** Steps that are needed for each person, and when their first call began. */
  let people: { userId: UserId; startedAt: number; steps: number }[];
  let deleted: string[];
  let cleaner: Cleaner;

  beforeEach(() => {
    [days, holds, isAway, deleted] = [10, true, false, []];
    people = Array.from({ length: 150 }, (_, index) => {
      const userId = `p${String(index).padStart(3, '0')}` as UserId;
      return { userId, startedAt: index % 100 === 0 ? 0 : clock.wallMs(), steps: 2 };
    });
    cleaner = new Cleaner({
      repository: {
        hold: async () => holds,
        oldest: async (after, limit) => {
          if (isAway) throw new UCError('STORAGE_UNAVAILABLE');
          return people.filter(({ userId }) => userId > after).slice(0, limit);
        },
        deleteOlder: async (userId) => {
          deleted.push(userId);
          const steps = deleted.filter((each) => each === userId).length;
          return { held: holds, more: steps < (people.find((each) => each.userId === userId)?.steps ?? 0) };
        },
      },
      ...{ days: () => days, holder: () => 's1:1', everyMs: 1_000, restMs: 5, clock, logger: silentLogger },
    });
  });

  const run = async () => {
    let over = false;
    void cleaner.run().then(() => {
      over = true;
    });
    for (let tries = 0; tries < 100 && !over; tries++) {
      clock.advance(5);
      for (let turns = 0; turns < 10; turns++) await turn();
    }
    assert.ok(over);
  };

  it('goes through all people, in steps, and touches only those who have something old', async () => {
    clock.advance(11 * dayMs);
    for (const person of people) if (person.startedAt > 0) person.startedAt = clock.wallMs();
    await run();
    assert.deepEqual(deleted, ['p000', 'p000', 'p100', 'p100']);
  });

  it('does nothing when calls are kept for ever, when another server does it, or while SQL is away', async () => {
    days = 0;
    await run();
    days = 10;
    holds = false;
    await run();
    holds = true;
    isAway = true;
    await run();
    assert.deepEqual(deleted, []);
  });
});
