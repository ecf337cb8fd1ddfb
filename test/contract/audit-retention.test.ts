import assert from 'node:assert/strict';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { Audit, auditProcedures } from '#ucserver/database/index.ts';
import { AuditCleaner, auditDaysSetting, auditTrimProcedures } from '#ucserver/privacy/index.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

const dayMs = 86_400_000;

for (const engine of engines) {
  describe(`retention of the audit log over ${engine}`, function () {
    this.timeout(60_000);
    let opened: TestDatabase;
    let audit: Audit;

    before(async function () {
      opened = await openTestDatabase(engine, this, [auditTrimProcedures]);
      audit = new Audit(opened.database, systemClock);
    });
    after(() => opened?.[Symbol.asyncDispose]());

    const write = (object: string, ageDays: number) =>
      opened.database.run(auditProcedures.record, {
        ...{ id: randomId(), at: Date.now() - ageDays * dayMs },
        ...{ actor: 'system', action: 'test.did', object },
      });
    const cleaner = (days: number) =>
      new AuditCleaner({
        ...{ database: opened.database, days: () => days, holder: () => 's1:1' },
        ...{ clock: systemClock, logger: silentLogger },
      });

    it('deletes what is too old in any number of steps, and says so in the log', async () => {
      for (let index = 0; index < 501; index++) await write(`old/${index}`, 40);
      await write('young', 1);
      await cleaner(0).run();
      assert.equal((await audit.list(500)).length, 500);
      await cleaner(30).run();
      const left = await audit.list(500);
      assert.deepEqual(
        left.map(({ action, object }) => [action, object]),
        [
          ['audit.trim', 'audit'],
          ['audit.trim', 'audit'],
          ['test.did', 'young'],
        ],
      );
      assert.deepEqual(left.map(({ after }) => (after as { entries?: number } | undefined)?.entries).slice(0, 2), [1, 500]);
      await cleaner(30).run();
      assert.equal((await audit.list(500)).length, 3);
    });
  });
}

describe('the setting for days of the audit log', () => {
  it('does not let anybody delete at once what was written down', () => {
    const accepts = (days: number) => auditDaysSetting.schema.safeParse(days).success;
    assert.deepEqual([0, 1, 29, 30, 3_650].map(accepts), [true, false, false, true, true]);
  });
});
