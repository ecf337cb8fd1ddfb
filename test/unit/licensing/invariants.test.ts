import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isLong } from '#test/support/effort.ts';
import { type Act, LicenceWorld } from './licence-world.ts';

const servers = 3;
const server = fc.nat(servers - 1);
const name = fc.nat(3);
const fate = fc.constantFrom('arrives', 'arrives', 'arrives', 'askLost', 'late', 'answerLost') as fc.Arbitrary<
  'arrives' | 'askLost' | 'late' | 'answerLost'
>;
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constantFrom('arrive' as const, 'takeOver' as const, 'claim' as const), server, name }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('leave' as const), server, name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abandon' as const), server, name }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('sync' as const), server, spare: fc.nat(4), give: fc.nat(2), fate }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('late' as const), server }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('crash' as const, 'restart' as const, 'suspend' as const, 'wake' as const, 'rebirth' as const),
      server,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cutSql' as const, 'joinSql' as const), server }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), hours: fc.constantFrom(0.1, 1, 12, 22.9, 24, 25.5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('jumpSql' as const, 'jumpServer' as const),
      server,
      minutes: fc.integer({ min: -60, max: 60 }),
    }),
  },
);

describe('seats of a licence, whatever is cut off, dies, sleeps or answers late', () => {
  it('are never given to more names than the licence has', function () {
    this.timeout(isLong ? 600_000 : 60_000);
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 10, maxLength: 120, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        (acts, limit) => {
          const world = new LicenceWorld(servers, limit);
          for (const each of acts) {
            world.do(each);
            assert.ok(world.taken <= world.limit, `the ledger has given ${world.taken} of ${world.limit}: ${world}`);
            assert.ok(world.served.size <= world.limit, `${world.served.size} of ${world.limit} are served: ${world}`);
          }
        },
      ),
      { numRuns: isLong ? 10_000 : 500 },
    );
  });
});
