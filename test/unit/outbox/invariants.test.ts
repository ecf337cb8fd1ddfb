import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runs } from '#test/support/effort.ts';
import { type Act, authors, conversations, OutboxWorld } from './outbox-world.ts';

const server = fc.nat({ max: 2 });
const author = fc.nat({ max: authors - 1 });
const conversation = fc.nat({ max: conversations - 1 });
const anyOf = <A extends Act['act']>(...names: readonly A[]) => fc.constantFrom(...names);
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: anyOf('message'), author, server, conversation }) },
  { weight: 5, arbitrary: fc.record({ act: anyOf('edit', 'reaction', 'delete'), author, server, conversation }) },
  { weight: 2, arbitrary: fc.record({ act: anyOf('repeat'), author, server }) },
  { weight: 2, arbitrary: fc.record({ act: anyOf('call'), server }) },
  { weight: 3, arbitrary: fc.record({ act: anyOf('pass'), ms: fc.constantFrom(20, 300, 1_100, 6_000) }) },
  { weight: 3, arbitrary: fc.record({ act: anyOf('sqlAway', 'sqlBack', 'loseCommitAnswer', 'loseCommit') }) },
  { weight: 2, arbitrary: fc.record({ act: anyOf('crash', 'restart', 'restartOld'), server }) },
  { weight: 1, arbitrary: fc.record({ act: anyOf('redisAway', 'redisBack', 'redisSaves', 'redisLoses') }) },
  { weight: 1, arbitrary: fc.record({ act: anyOf('redisEmpty', 'loseAddAnswer') }) },
  { weight: 1, arbitrary: fc.record({ act: anyOf('tearLease', 'loseEvents') }) },
);
const seed = process.env.UCMESH_TEST_SEED;

describe('outbox: invariants', function () {
  this.timeout(120_000);

  it('hold whatever is sent, changed, repeated, crashed, lost and brought back', async () => {
    const reached = { pending: 0, crashed: 0, lost: 0, changed: 0, called: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 5, maxLength: 40 }), async (script) => {
        const world = await OutboxWorld.start(3);
        // Most of what can go wrong needs SQL to be away.
        world.sql.isUp = false;
        for (const act of script) {
          await world.do(act);
          world.check();
        }
        for (const name of Object.keys(reached) as (keyof typeof reached)[]) reached[name] += world.reached[name];
        await world.recover();
        world.check();
        world.checkEverythingIsStoredOnce();
        if (!world.orderMaySuffer) world.checkOrderOfAuthors();
        world.checkChangesFollowTheirTargets();
        await world.stop();
      }),
      // A failure names the seed, with which it can be seen again, and the shortest script that fails.
      { numRuns: runs(600), ...(seed === undefined ? {} : { seed: Number(seed) }) },
    );
    assert.ok(
      Object.values(reached).every((count) => count > 100),
      JSON.stringify(reached),
    );
  });
});
