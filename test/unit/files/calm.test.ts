import assert from 'node:assert/strict';
import { silentLogger } from '#shared/runtime/logger.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import type { Database } from '#ucserver/database/index.ts';
import { Calm } from '#ucserver/files/calm.ts';
import { Cleaner, type CleanerOptions } from '#ucserver/files/cleaner.ts';
import { filesConfigSchema } from '#ucserver/files/config.ts';

describe('cleaning up files after an outage of SQL', () => {
  const config = filesConfigSchema.parse({});
  let clock: ManualClock;
  let isUp: boolean;
  let isEmpty: boolean;
  let changed: () => void;
  let calm: Calm;

  beforeEach(() => {
    clock = new ManualClock();
    isUp = true;
    isEmpty = true;
    changed = () => undefined;
    const database = {
      get health() {
        return { reads: 'up', writes: isUp ? 'up' : 'away' };
      },
      onHealth(listener: () => void) {
        changed = listener;
        return () => undefined;
      },
    } as unknown as Database;
    calm = new Calm({ database, outbox: { isEmpty: async () => isEmpty }, clock, config });
    calm.start();
  });
  afterEach(() => calm.stop());

  function setUp(up: boolean): void {
    isUp = up;
    changed();
  }

  it('is calm when SQL has been there for a minute and nothing is pending on any server', async () => {
    assert.equal(await calm.holds(), false);
    await clock.pass(60_000);
    assert.equal(await calm.holds(), true);
    setUp(false);
    await clock.pass(60_000);
    assert.equal(await calm.holds(), false);
    setUp(true);
    await clock.pass(59_999);
    assert.equal(await calm.holds(), false);
    await clock.pass(1);
    assert.equal(await calm.holds(), true);
    isEmpty = false;
    assert.equal(await calm.holds(), false);
  });

  it('deletes no file before it is calm, though it is due', async () => {
    let looks = 0;
    const repository = {
      look: async () => {
        looks += 1;
        return { unfinished: [], deleted: 0, more: false };
      },
      doomedContents: async () => [],
      forgetContents: async () => [],
    };
    const store = { setAside: async () => undefined, clear: async () => undefined };
    const options = {
      repository,
      store,
      uploads: {},
      scanner: undefined,
      calm,
      days: () => 0,
      config,
      clock,
      logger: silentLogger,
    };
    const cleaner = new Cleaner(options as unknown as CleanerOptions);
    await cleaner.run();
    assert.equal(looks, 0);
    await clock.pass(60_000);
    await cleaner.run();
    assert.equal(looks, 1);
  });
});
