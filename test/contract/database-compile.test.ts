import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { migrations } from '#ucserver/database/migrations/index.ts';
import { dialects } from '#ucserver/database/migrations/migration.ts';

/** What SQL Server and servers compatible with it do not all understand, or understand differently. */
const avoided: Readonly<Record<string, RegExp>> = {
  'MERGE: update, then insert': /\bmerge\b/i,
  'CREATE OR ALTER': /\bcreate\s+or\s+alter\b/i,
  WAITFOR: /\bwaitfor\b/i,
  'an index inside CREATE TABLE': /\bcreate\s+table\b(?!.*\bcreate\b)[\s\S]*[,(]\s*index\b/i,
  'TOP … WITH TIES': /\bwith\s+ties\b/i,
  'compound assignment': /[+\-*/%&|^]=/,
  'DELETE through a CTE': /\bwith\b[\s\S]+\)\s*delete\b/i,
  'ALTER COLUMN … NULL': /\balter\s+column\b[\s\S]*\bnull\b/i,
  'several columns in one ADD': /\badd\b[^()]*,/i,
  'a named DEFAULT constraint': /\bconstraint\s+\S+\s+default\b/i,
  'STRING_SPLIT with an ordinal': /\bstring_split\s*\([^)]*,[^)]*,/i,
  'full-text search': /\b(contains|freetext)(table)?\s*\(/i,
  'ALTER DATABASE': /\balter\s+database\b/i,
  'lock hints, which some ignore': /\b(updlock|holdlock|readpast|tablockx?|rowlock|xlock|nolock)\b/i,
  'an UPDATE that answers values': /\bupdate\b[\s\S]*\boutput\b/i,
  'looking for indexes by name': /\bsys\.indexes\b/i,
  'upper-case names': /"[^"]*[A-Z][^"]*"/,
  'an empty list of values': /\bin\s*\(\s*\)/i,
};

/** What only SQLite understands. */
const sqliteOnly: Readonly<Record<string, RegExp>> = {
  LIMIT: /\blimit\b/i,
  RETURNING: /\breturning\b/i,
  'ON CONFLICT': /\bon\s+conflict\b/i,
  'INSERT OR …': /\binsert\s+or\b/i,
  'question marks as parameters': /\?/,
  'backquotes as quotes': /`/,
  'IF NOT EXISTS': /\bif\s+not\s+exists\s+\w/i,
  pragmas: /\bpragma\b/i,
  'row values': /\)\s*[<>]\s*\(/,
};

const child = fileURLToPath(new URL('./database-compile-child.ts', import.meta.url));

function faults(sql: string): string[] {
  const rules = [...Object.entries(avoided), ...Object.entries(sqliteOnly)];
  return rules.filter(([, pattern]) => pattern.test(sql)).map(([name]) => name);
}

describe('the list of what to avoid', () => {
  it('finds each of it', () => {
    const examples = [
      'merge into users using x on 1 = 1 when matched then delete',
      'create or alter view v as select 1',
      "waitfor delay '00:00:01'",
      'create table a (id int, index i (id))',
      'select top(3) with ties id from users order by id',
      'update users set version += 1',
      'with old as (select top(1) * from acts) delete from old',
      'alter table users alter column title int not null',
      'alter table users add a int, b int',
      'alter table users add constraint c default 0 for version',
      "select * from string_split(@1, ',', 1)",
      "select * from users where contains(title, 'x')",
      'alter database current set read_committed_snapshot on',
      'select * from users with (updlock)',
      'update users set version = 1 output inserted.version',
      'select name from sys.indexes',
      'select "Id" from "users"',
      'select * from users where id in ()',
      'select * from users limit 3',
      'insert into a (b) values (1) returning b',
      'insert into a (b) values (1) on conflict do nothing',
      'insert or ignore into a (b) values (1)',
      'select * from users where id = ?',
      'select `id` from users',
      'create table if not exists a (id int)',
      'pragma user_version',
      'select * from a where (b, c) > (1, 2)',
    ];
    assert.equal(examples.length, Object.keys(avoided).length + Object.keys(sqliteOnly).length);
    assert.deepEqual(
      examples.filter((sql) => faults(sql).length === 0),
      [],
    );
    assert.equal(new Set(examples.flatMap(faults)).size, examples.length);
  });
});

describe('queries compiled for SQL Server', function () {
  this.timeout(60_000);
  let compiled: { where: string; sql: string }[];

  before(async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [child], { maxBuffer: 64_000_000 });
    assert.equal(stderr, '');
    compiled = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { where: string; sql: string });
  });

  it('are there for each prepared statement of the source', () => {
    const found = new Set(compiled.map(({ where }) => where));
    const files = globSync('ucserver/**/*.ts');
    const written = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^(?:export )?(?:const|let) (\w+) = statement[<(]/gm)].map(
        ([, name]) => `${file} ${name}`,
      ),
    );
    assert.ok(written.length > 20);
    assert.deepEqual(
      written.filter((name) => !found.has(name)),
      [],
    );
  });

  it('are there for each procedure', () => {
    assert.deepEqual(
      compiled.filter(({ sql }) => sql === '').map(({ where }) => where),
      [],
    );
    for (const name of ['migrations.migrate', 'directory.changeUser', 'settings.set']) {
      assert.ok(
        compiled.some(({ where }) => where === name),
        name,
      );
    }
  });

  it('hold nothing that is to be avoided', () => {
    const faulty = compiled
      .map(({ where, sql }) => ({ where, sql, faults: faults(sql) }))
      .filter((each) => each.faults.length > 0);
    assert.deepEqual([...new Map(faulty.map((each) => [each.sql, each])).values()], []);
  });

  it('stay under the limits of parameters', () => {
    const most = compiled.map(({ sql }) => new Set(sql.match(/@\d+/g)).size);
    assert.ok(Math.max(...most) < 2_000);
  });
});

describe('migrations for SQL Server', () => {
  const statements = migrations.flatMap((migration) => migration.statements(dialects.mssql, 1));

  it('hold nothing that is to be avoided', () => {
    assert.deepEqual(
      statements.map((sql) => [sql, faults(sql)] as const).filter(([, found]) => found.length > 0),
      [],
    );
  });

  it('compare identifiers exactly', () => {
    const columns = statements.flatMap((sql) => [
      ...sql.matchAll(/\b(id|\w+_id|\w+_key|kind|scope|sign_in) nvarchar\((\d+)\)( collate \w+)?/g),
    ]);
    assert.ok(columns.length > 30);
    for (const [text, , , collation] of columns) assert.match(collation ?? '', /_BIN2$/, text);
  });

  it('keep keys of indexes within 900 bytes', () => {
    for (const sql of statements) {
      const primary = /primary key \(([^)]+)\)/.exec(sql)?.[1]?.split(', ') ?? [];
      const bytes = primary.map((column) => 2 * Number(new RegExp(`\\b${column} nvarchar\\((\\d+)\\)`).exec(sql)?.[1] ?? 4));
      assert.ok(bytes.reduce((sum, each) => sum + each, 0) <= 900, sql);
    }
  });

  it('have names that sort in their order', () => {
    const names = migrations.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)].sort());
  });
});
