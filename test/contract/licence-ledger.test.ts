import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Incarnation, type ServerId, serverIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { runs } from '#test/support/effort.ts';
import { Audit, type Database } from '#ucserver/database/index.ts';
import { LicensingRepository, licensingProcedures } from '#ucserver/licensing/index.ts';
import { type Ledger, type LedgerRequest, planLedger } from '#ucserver/licensing/ledger-plan.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

const servers: readonly ServerId[] = ['s1', 's2', 's3'].map((id) => serverIdSchema.parse(id));
const names = ['ada', 'bob', 'cleo', 'dora'];
const feature = 'onlineUsers';
const origin = { actor: 'system', from: 'command line' } as const;

for (const engine of engines) {
  describe(`the ledger of licensed seats over ${engine}`, () => {
    let opened: TestDatabase;
    let database: Database;
    let ledger: LicensingRepository;
    let installedAt = 0;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [licensingProcedures]);
      ({ database } = opened);
      ledger = new LicensingRepository(database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      await ledger.install('a licence', ++installedAt, origin);
      for (const id of servers) await ledger.freeAll(id, installedAt, origin);
    });

    const holder = (index: number, life = 1): Incarnation => ({ serverId: servers[index] as ServerId, life });
    const ask = (asked: Partial<LedgerRequest> & Pick<LedgerRequest, 'holder' | 'request'>, limit = 5) =>
      ledger.sync({
        feature,
        limit,
        installedAt,
        asked: { anew: false, seats: 0, added: [], removed: [], claimed: [], ...asked },
      });
    const seats = async (...args: Parameters<typeof ask>) => {
      const answer = await ask(...args);
      return answer.outcome === 'held' ? answer.seats : answer.outcome;
    };

    it('gives no more than the licence has, whoever asks at the same time', async () => {
      const life = Date.now();
      const asked = servers.map((_, index) => seats({ holder: holder(index, life), request: 1, seats: 3 }));
      const given = (await Promise.all(asked)) as number[];
      assert.equal(
        given.reduce((sum, each) => sum + each, 0),
        5,
      );
      assert.equal(await seats({ holder: holder(0, life), request: 2, seats: 0 }), 0);
      assert.equal(await seats({ holder: holder(1, life), request: 2, seats: 5 }), 5 - (given[2] ?? 0));
    });

    it('answers a repeated request alike, refuses an older one, and a life that is over', async () => {
      const life = Date.now() + 1_000;
      const request = { holder: holder(0, life), request: 4, seats: 2, added: ['ada'] };
      assert.deepEqual(comparable(await ask(request)), comparable(await ask(request)));
      assert.equal(await seats({ holder: holder(0, life), request: 3, seats: 5 }), 'stale');
      assert.equal(await seats({ holder: holder(0, life + 1), request: 1, seats: 5 }), 5, 'the earlier life holds nothing more');
      assert.equal(await seats({ holder: holder(0, life), request: 9, seats: 5 }), 'superseded');
    });

    it('is in the audit log: what was installed, removed and freed', async () => {
      assert.equal(await seats({ holder: holder(0, Date.now() + 10_000), request: 1, seats: 3 }), 3);
      const at = Date.now();
      await ledger.install('another licence', at, origin);
      await ledger.install(undefined, at + 1, origin);
      assert.equal(await ledger.freeAll('s1', at + 2, origin), 3);
      const entries = await new Audit(database, systemClock).list(3);
      assert.deepEqual(
        entries.map(({ action, object, before, after, from }) => ({ action, object, before, after, from })),
        [
          { action: 'licence.free', object: 'server/s1', before: { feature, seats: 3 }, after: undefined },
          { action: 'licence.remove', object: 'licence/installed', before: 'another licence', after: undefined },
          { action: 'licence.install', object: 'licence/installed', before: 'a licence', after: 'another licence' },
        ].map((entry) => ({ ...entry, from: 'command line' })),
      );
    });

    it('refuses who counts by another licence', async () => {
      const asked = { holder: holder(0), request: 1, anew: true, seats: 1, added: [], removed: [], claimed: [] };
      await assert.rejects(
        ledger.sync({ feature, limit: 5, installedAt: installedAt + 1, asked }),
        (error: unknown) => error instanceof UCError && error.code === 'VERSION_CONFLICT',
      );
    });

    it('does what the pure plan says', async function () {
      this.timeout(120_000);
      const some = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 });
      const step = fc.record({
        server: fc.nat(2),
        rebirth: fc.boolean(),
        anew: fc.boolean(),
        seats: fc.nat(4),
        added: some,
        removed: some,
        claimed: some,
        limit: fc.integer({ min: 1, max: 6 }),
      });
      let firstLife = Date.now() + 1_000_000;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
          for (const id of servers) await ledger.freeAll(id, installedAt, origin);
          firstLife += 1_000;
          const lives = [firstLife, firstLife, firstLife];
          const requests = [0, 0, 0];
          // Freed by the administrator: what they held before ends with the first request.
          let model: Ledger = { blocks: [], names: [] };
          for (const { server, rebirth, limit, ...asked } of steps) {
            if (rebirth) lives[server] = (lives[server] ?? 0) + 1;
            requests[server] = (requests[server] ?? 0) + 1;
            const request = { holder: holder(server, lives[server]), request: requests[server] ?? 0, ...asked };
            const planned = planLedger(model, request, limit, Date.now());
            model = planned.ledger;
            const answer = await ledger.sync({ feature, limit, installedAt, asked: request });
            assert.deepEqual(comparable(answer), comparable(planned.answer));
          }
        }),
        { numRuns: runs(30) },
      );
    });
  });
}

/** Without what stands in the order or at the times of the database. */
function comparable(answer: ReturnType<typeof planLedger>['answer']) {
  if (answer.outcome !== 'held') return answer;
  const { blocks, moved, lost, elsewhere, ...rest } = answer;
  return {
    ...rest,
    moved: [...moved].sort(),
    lost: [...lost].sort(),
    elsewhere: elsewhere.map(({ name, holder }) => `${name}@${holder.serverId}`).sort(),
    blocks: blocks.map(({ holder, seats }) => `${holder.serverId}:${holder.life}=${seats}`).sort(),
  };
}
