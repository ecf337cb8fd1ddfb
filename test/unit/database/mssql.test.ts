import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { StatementError } from '#ucserver/database/index.ts';
import { isRepeatable, isUnreachable, isUnwritable, translated } from '#ucserver/database/mssql/errors.ts';
import { batchesOf } from '#ucserver/database/mssql/requests.ts';

function sqlError(fields: { number?: number; code?: string; message?: string }): Error {
  return Object.assign(new Error(fields.message ?? 'it failed'), fields);
}

describe('requests to SQL Server', () => {
  it('carry a single statement as it is', () => {
    assert.deepEqual(batchesOf({ sql: 'select @1', sets: [['a']] }), [{ text: 'select @1', values: ['a'] }]);
    assert.deepEqual(batchesOf({ sql: 'select 1', sets: [] }), []);
  });

  it('join statements under new numbers', () => {
    const [batch] = batchesOf({
      sql: 'update t set a = @1 where b = @2 or c = @1',
      sets: [
        [1, 2],
        [3, 4],
      ],
    });
    assert.equal(batch?.text, 'update t set a = @1 where b = @2 or c = @1;\nupdate t set a = @3 where b = @4 or c = @3');
    assert.deepEqual(batch?.values, [1, 2, 3, 4]);
  });

  it('stay under the limits, lose nothing and keep the order', () => {
    const sets = Array.from({ length: 1_000 }, (_, row) => Array.from({ length: 21 }, (_, column) => row * 100 + column));
    const batches = batchesOf({ sql: 'x', sets });
    for (const { values } of batches) assert.ok(values.length <= 2_000);
    assert.deepEqual(
      batches.flatMap(({ values }) => values),
      sets.flat(),
    );
  });
});

describe('errors of SQL Server', () => {
  it('name duplicates, constraints and long values', () => {
    const kinds = [2601, 2627, 547, 515, 2628, 8152, 208].map(
      (number) => (translated(sqlError({ number })) as StatementError).kind,
    );
    assert.deepEqual(kinds, ['duplicate', 'duplicate', 'constraint', 'constraint', 'tooLong', 'tooLong', 'other']);
    const foreign = sqlError({ number: 33557097, message: 'duplicate key value violates unique constraint "users_sign_in"' });
    assert.equal((translated(foreign) as StatementError).kind, 'duplicate');
  });

  it('tell what may be run again', () => {
    assert.ok(isRepeatable(sqlError({ number: 1205 })));
    assert.ok(isRepeatable(sqlError({ message: 'could not serialize access due to concurrent update' })));
    assert.ok(!isRepeatable(sqlError({ number: 2627 })));
    assert.ok(!isRepeatable(new UCError('FORBIDDEN')));
  });

  it('tell a database that takes no more from a statement that is wrong', () => {
    for (const number of [1105, 3906, 9002]) {
      const error = sqlError({ number });
      assert.ok(isUnwritable(error) && !isUnreachable(error), String(number));
      assert.equal((translated(error) as UCError).code, 'STORAGE_UNAVAILABLE');
    }
    assert.ok(isUnreachable(sqlError({ number: 945 })));
    assert.ok(!isUnwritable(sqlError({ number: 547 })));
  });

  it('tell a server that is away from a statement that is wrong', () => {
    for (const code of ['ESOCKET', 'ETIMEOUT', 'ECONNRESET', 'EINVALIDSTATE', 'ELOGIN'])
      assert.ok(isUnreachable(sqlError({ code })), code);
    assert.ok(!isUnreachable(sqlError({ code: 'EREQUEST', number: 208 })));
    const away = translated(sqlError({ code: 'ESOCKET' }));
    assert.ok(away instanceof UCError && away.code === 'STORAGE_UNAVAILABLE');
  });

  it('leave our own errors alone', () => {
    for (const error of [new UCError('FORBIDDEN'), new StatementError('other', 'x')]) assert.equal(translated(error), error);
  });
});
