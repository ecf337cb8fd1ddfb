import assert from 'node:assert/strict';
import { type Incarnation, serverIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { type Ledger, planLedger } from '#ucserver/licensing/ledger-plan.ts';
import type { LedgerCall } from '#ucserver/licensing/procedures.ts';
import { SeatPool } from '#ucserver/licensing/seat-pool.ts';

const hour = 3_600_000;

/** Servers with one ledger in memory. */
class Company {
  readonly clock = new ManualClock();
  readonly pools: SeatPool[] = [];
  readonly uncovered: string[] = [];
  readonly endings: number[] = [];
  readonly gone = new Set<string>();
  seats: number;
  isAway = false;
  calls = 0;
  #ledger: Ledger = { blocks: [], names: [] };

  constructor(seats: number) {
    this.seats = seats;
  }

  add(id: string): SeatPool {
    const self: Incarnation = { serverId: serverIdSchema.parse(id), life: 1 };
    const pool = new SeatPool({
      feature: 'onlineUsers',
      self: () => self,
      repository: { sync: async (call) => this.#sync(call) },
      limit: () => ({ seats: this.seats, installedAt: 1, isExpired: false }),
      refresh: async () => undefined,
      serverCount: () => this.pools.length,
      isGone: ({ serverId }) => this.gone.has(serverId),
      recall: async (wanted) => {
        const given = await Promise.all(
          this.pools.filter((each) => each !== pool && !this.gone.has(id)).map((each) => each.giveBack(wanted)),
        );
        return given.reduce((sum, each) => sum + each, 0);
      },
      onUncovered: (names) => {
        this.uncovered.push(...names);
        for (const name of names) pool.leave(name);
      },
      onEnding: (at) => this.endings.push(at),
      clock: this.clock,
      logger: silentLogger,
    });
    this.pools.push(pool);
    pool.start();
    return pool;
  }

  /** Time passes, with everything that happens meanwhile. */
  async pass(ms: number, stepMs = 1_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  #sync({ asked, limit }: LedgerCall) {
    this.calls += 1;
    if (this.isAway) throw new UCError('STORAGE_UNAVAILABLE');
    const { ledger, answer } = planLedger(this.#ledger, asked, limit, this.clock.wallMs());
    this.#ledger = ledger;
    return answer;
  }
}

const refusal = async (taking: Promise<void>): Promise<UCError> => {
  try {
    await taking;
  } catch (error) {
    if (error instanceof UCError) return error;
  }
  throw new Error('it was not refused');
};

describe('the seats of a server', () => {
  it('are given from memory; the ledger hears of it afterwards', async () => {
    const company = new Company(100);
    const pool = company.add('s1');
    await company.pass(1_000);
    const before = company.calls;
    for (const name of ['a', 'b', 'c']) await pool.take(name);
    assert.equal(company.calls, before);
    assert.deepEqual(pool.counts, { given: 3, asked: 0 });
  });

  it('say who holds them when all are taken', async () => {
    const company = new Company(2);
    const [one, two] = [company.add('s1'), company.add('s2')];
    await company.pass(1_000);
    await one.take('a');
    await two.take('b');
    const error = await refusal(two.take('c'));
    assert.equal(error.code, 'LICENCE_EXHAUSTED');
    assert.equal(error.details?.seats, 2);
    assert.equal(error.details?.reason, 'allTaken');
    one.leave('a');
    await two.take('c');
    assert.equal(one.held.inUse + two.held.inUse, 2);
  });

  it('come along with people of a server that is gone', async () => {
    const company = new Company(2);
    const [one, two] = [company.add('s1'), company.add('s2')];
    await company.pass(1_000);
    await one.take('a');
    await one.take('b');
    await company.pass(2_000);
    company.gone.add('s1');
    await two.take('b');
    assert.equal((await refusal(two.take('c'))).code, 'LICENCE_EXHAUSTED', 'what waits is for its own people');
    await two.take('a');
  });

  it('are spent while the database is away, and no more than those', async () => {
    const company = new Company(40);
    const pool = company.add('s1');
    await company.pass(1_000);
    company.isAway = true;
    const { seats } = pool.held;
    for (let name = 0; name < seats; name++) await pool.take(`n${name}`);
    assert.equal((await refusal(pool.take('more'))).details?.reason, 'databaseAway');
    pool.leave('n0');
    await pool.take('n0');
    company.isAway = false;
    await pool.take('more');
  });

  it('end after a warning when they cannot be confirmed for 23 hours', async () => {
    const company = new Company(10);
    const pool = company.add('s1');
    await company.pass(1_000);
    await pool.take('early');
    await pool.take('late');
    await company.pass(1_000);
    company.isAway = true;
    await company.pass(22.8 * hour, 2_000);
    assert.deepEqual([company.endings.length, company.uncovered.length], [0, 0]);
    await company.pass(0.3 * hour, 2_000);
    assert.ok(company.endings.length > 0);
    assert.deepEqual(company.uncovered, ['late', 'early']);
  }).timeout(60_000);

  it('are confirmed after a pause of the process before more are given', async () => {
    const company = new Company(10);
    const pool = company.add('s1');
    await company.pass(1_000);
    company.isAway = true;
    company.clock.stall(60_000);
    assert.equal((await refusal(pool.take('a'))).code, 'LICENCE_EXHAUSTED');
    company.isAway = false;
    await pool.take('a');
  });

  it('are fewer, after a warning, when the licence is', async () => {
    const company = new Company(4);
    const pool = company.add('s1');
    await company.pass(1_000);
    for (const name of ['a', 'b', 'c', 'd']) await pool.take(name);
    company.seats = 2;
    await company.pass(2 * hour);
    assert.deepEqual(company.uncovered, ['d', 'c']);
    assert.equal(pool.held.seats, 2);
    assert.ok(company.endings.length > 0);
  });

  it('are not counted without a licence', async () => {
    const company = new Company(Number.POSITIVE_INFINITY);
    const pool = company.add('s1');
    for (let name = 0; name < 100; name++) await pool.take(`n${name}`);
    assert.equal(company.calls, 0);
  });
});
