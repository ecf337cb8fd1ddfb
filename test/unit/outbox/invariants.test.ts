import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '#test/support/effort.ts';
import { type Act, OutboxWorld } from './outbox-world.ts';

const server = fc.nat({ max: 2 });
const author = fc.nat({ max: 2 });
const conversation = fc.nat({ max: 1 });
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('send' as const), author, server, conversation }) },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constantFrom('edit' as const, 'react' as const), author, server, conversation }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('repeat' as const), author, server }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('pass' as const), ms: fc.constantFrom(20, 300, 1_100, 6_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom('sqlAway' as const, 'sqlBack' as const, 'loseCommitAnswer' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('crash' as const, 'restart' as const), server }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom('redisAway' as const, 'redisBack' as const, 'redisSaves' as const, 'redisLoses' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('redisEmpty' as const, 'loseAddAnswer' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('tearLease' as const, 'loseEvents' as const) }) },
);

describe('outbox: invariants', function () {
  this.timeout(120_000);

  it('hold whatever is sent, edited, repeated, crashed, lost and brought back', async () => {
    const reached = { pending: 0, crashed: 0, lost: 0, changed: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 5, maxLength: 40 }), async (script) => {
        const world = await OutboxWorld.start(3);
        // Most of what can go wrong needs SQL to be away.
        world.sql.isUp = false;
        for (const act of script) {
          await world.do(act);
          world.checkAcknowledgedIsSafe();
        }
        reached.pending += world.pendingEver;
        reached.crashed += world.crashes;
        reached.lost += world.losses;
        reached.changed += world.changes;
        await world.recover();
        world.checkEverythingIsStoredOnce();
        if (!world.orderMaySuffer) world.checkOrderOfAuthors();
        world.checkChangesFollowTheirTargets();
        await world.stop();
      }),
      { numRuns: runs(600) },
    );
    assert.ok(
      reached.pending > 100 && reached.crashed > 10 && reached.lost > 10 && reached.changed > 100,
      JSON.stringify(reached),
    );
  });
});
