import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TempFolder } from '#test/support/temp-folder.ts';

const root = resolve(import.meta.dirname, '../../..');

describe('scripts/run-tests.ts', function () {
  this.timeout(60_000);
  let folder: TempFolder;

  /** Runs it in a project that holds these spec files and nothing else. */
  function run(specs: Readonly<Record<string, string>>, ...args: string[]) {
    folder = new TempFolder('runner');
    for (const name of ['package.json', 'node_modules', 'shared', '.mocharc.json', 'test/support']) {
      mkdirSync(dirname(folder.file(name)), { recursive: true });
      symlinkSync(resolve(root, name), folder.file(name));
    }
    for (const [name, body] of Object.entries(specs)) {
      const file = folder.file('test', name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `import { skipBecause } from '#test/support/skip.ts';\nvoid skipBecause;\n${body}\n`);
    }
    const { status, stdout } = spawnSync(process.execPath, [resolve(root, 'scripts/run-tests.ts'), ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    });
    const lines = stdout.trimEnd().split('\n');
    return { status, stdout, last: lines.at(-1) };
  }

  afterEach(() => folder.remove());

  it('adds up all suites in its last line, and passes when nothing failed', () => {
    const { status, last, stdout } = run({
      'scenario/b.test.ts': "it('late', () => undefined);",
      'unit/a.test.ts': "it('early', () => undefined);",
    });
    assert.deepEqual([status, last], [0, '2 passed, 0 failed, 0 skipped']);
    assert.ok(stdout.indexOf('early') < stdout.indexOf('late'));
  });

  it('fails when a test failed, and names what was skipped and why', () => {
    const { status, last, stdout } = run({
      'unit/a.test.ts': "it('good', () => undefined);\nit('bad', () => { throw new Error('no'); });",
      'contract/b.test.ts': [
        "describe('SQL Server', () => {",
        "  before(function () { skipBecause(this, 'there is none'); });",
        "  it('stores', () => undefined);\n  it('reads', () => undefined);\n});",
        "it('alone', function () { skipBecause(this, 'of another thing'); });",
      ].join('\n'),
    });
    assert.deepEqual([status, last], [1, '1 passed, 1 failed, 3 skipped']);
    assert.match(stdout, /failed: bad/);
    assert.match(stdout, /skipped, because there is none:\n {2}SQL Server stores\n {2}SQL Server reads/);
    assert.match(stdout, /skipped, because of another thing:\n {2}alone/);
  });

  it('fails when a file cannot be run, and goes on with the others', () => {
    const { status, last } = run({
      'unit/a.test.ts': 'throw new Error("broken");',
      'contract/b.test.ts': "it('good', () => undefined);",
    });
    assert.deepEqual([status, last], [1, '1 passed, 1 failed, 0 skipped']);
  });

  it('fails when nothing ran', () => {
    const { status, last } = run({ 'unit/a.test.ts': "it('good', () => undefined);" }, 'chat');
    assert.deepEqual([status, last], [1, '0 passed, 0 failed, 0 skipped']);
  });

  it('takes parts of paths, titles and --long', () => {
    const { status, last } = run(
      {
        'unit/chat/a.test.ts':
          "it('long one', () => { if (process.env.UCMESH_TEST_LONG !== '1') throw new Error(); });\nit('other', () => undefined);",
        'unit/presence/b.test.ts': "it('long too', () => undefined);",
      },
      ...['chat', '--long', '--grep', 'long'],
    );
    assert.deepEqual([status, last], [0, '1 passed, 0 failed, 0 skipped']);
  });
});
