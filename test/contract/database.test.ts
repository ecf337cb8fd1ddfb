import assert from 'node:assert/strict';
import { randomId } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { type Database, StatementError } from '#ucserver/database/index.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';
import { testProcedures as procedures } from './database-procedures.ts';

const at = 1_767_600_000_123;

for (const engine of engines) {
  describe(`database contract over ${engine}`, () => {
    let opened: TestDatabase;
    let database: Database;
    let id: string;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [procedures]);
      ({ database } = opened);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      id = randomId();
      await database.run(procedures.create, { id, at });
    });

    function read(conversationId: string) {
      return database.read(database.queries.db.selectFrom('conversations').selectAll().where('id', '=', conversationId));
    }

    it('answers rows as they were written, large numbers as numbers', async () => {
      assert.deepEqual(await read(id), [
        { id, kind: 'direct', last_seq: 0, created_at: at, title: null, history_visible: 1, emptied_seq: 0 },
      ]);
    });

    it('answers what the procedure returns, after the commit', async () => {
      assert.equal(await database.run(procedures.raise, { id }), 1);
      assert.equal((await read(id))[0]?.last_seq, 1);
    });

    it('counts right when many run at once', async () => {
      const results = await Promise.all(Array.from({ length: 50 }, () => database.run(procedures.raise, { id })));
      assert.deepEqual(
        results.sort((a, b) => a - b),
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
    });

    it('takes back all of a procedure that fails, and only that', async () => {
      const outcomes = await Promise.allSettled([
        database.run(procedures.raise, { id }),
        database.run(procedures.raiseAndFail, { id, how: 'told' }),
        database.run(procedures.raise, { id }),
        database.run(procedures.raiseAndFail, { id, how: 'duplicate' }),
        database.run(procedures.raiseAndFail, { id, how: 'broken' }),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'rejected'],
      );
      assert.equal((await read(id))[0]?.last_seq, 2);
      assert.deepEqual(database.health, { reads: 'up', writes: 'up' });
    });

    it('hands on the errors a procedure tells', async () => {
      await assert.rejects(
        database.run(procedures.raiseAndFail, { id, how: 'told' }),
        (error) => error instanceof UCError && error.code === 'FORBIDDEN' && error.details?.id === id,
      );
    });

    it('names a duplicate as such', async () => {
      await assert.rejects(
        database.run(procedures.create, { id, at }),
        (error) => error instanceof StatementError && error.kind === 'duplicate',
      );
    });

    it('runs one statement for very many sets of values', async () => {
      const ids = Array.from({ length: 2_500 }, () => randomId());
      assert.equal(await database.run(procedures.createEach, { ids, at }), 2_500);
      assert.equal((await read(ids[2_499] ?? '')).length, 1);
    });

    it('compares identifiers exactly', async () => {
      const upper = `${id}-A`;
      const lower = `${id}-a`;
      await database.run(procedures.createEach, { ids: [upper, lower], at });
      assert.equal((await read(upper)).length, 1);
    });

    it('keeps text of any script and length', async () => {
      const text = `${'ä漢😀'.repeat(5_000)}'"@1;--`;
      const entry = { conversation_id: id, seq: 1, entry_id: 'e', author_id: 'a', kind: 'message', accepted_at: at };
      await database.run(procedures.insertEntry, { ...entry, body: text, target_id: null });
      const rows = await database.read(
        database.queries.db.selectFrom('entries').select('body').where('conversation_id', '=', id),
      );
      assert.deepEqual(rows, [{ body: text }]);
    });

    it('keeps bytes', async () => {
      const bytes = new Uint8Array([0, 255, 1, 128]);
      await database.run(procedures.insertPicture, { user_id: id, media_type: 'image/png', bytes, version: 1 });
      const [row] = await database.read(database.queries.db.selectFrom('pictures').selectAll().where('user_id', '=', id));
      assert.deepEqual(
        { ...row, bytes: new Uint8Array(row?.bytes ?? []) },
        { user_id: id, media_type: 'image/png', bytes, version: 1 },
      );
    });

    it('does an act once and answers its first result again', async () => {
      const act = { actorId: id, actId: randomId(), method: 'test.raise', at };
      assert.deepEqual(await database.run(procedures.raiseOnce, { act, id }), { seq: 1 });
      assert.deepEqual(await database.run(procedures.raiseOnce, { act, id }), { seq: 1 });
      await assert.rejects(
        database.run(procedures.raiseOnce, { act: { ...act, method: 'test.other' }, id }),
        (error) => error instanceof UCError && error.code === 'ID_CONFLICT',
      );
    });

    it('draws versions without gaps and tells of what was recorded', async () => {
      let told = 0;
      const stop = database.onRecorded(() => {
        told += 1;
      });
      const versions = await Promise.all(
        Array.from({ length: 20 }, (_, index) => database.run(procedures.record, { ids: [`${id}-${index}`], at })),
      );
      stop();
      assert.equal(told, 20);
      const sorted = versions.sort((a, b) => a - b);
      assert.deepEqual(
        sorted,
        sorted.map((_, index) => (sorted[0] ?? 0) + index),
      );
      await database.run(procedures.raise, { id });
      assert.equal(told, 20);
    });
  });
}
