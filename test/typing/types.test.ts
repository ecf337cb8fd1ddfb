import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { TempFolder } from '#test/support/temp-folder.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** What the compiler says about a project; nothing when it is content. */
async function complaints(project: string): Promise<string> {
  try {
    await run(resolve(root, 'node_modules/.bin/tsc'), ['--project', project, '--pretty', 'false']);
    return '';
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

describe('types', () => {
  it('hold what the files of this folder say, and refuse what those say is wrong', async function () {
    this.timeout(60_000);
    assert.equal(await complaints(resolve(root, 'test/typing')), '');
  });

  it('are really looked at', async function () {
    this.timeout(60_000);
    using folder = new TempFolder('typing');
    for (const name of ['package.json', 'node_modules', 'shared', 'test', 'tsconfig.json']) {
      symlinkSync(resolve(root, name), folder.file(name));
    }
    writeFileSync(folder.file('project.json'), JSON.stringify({ extends: './tsconfig.json', include: ['planted.ts'] }));
    writeFileSync(
      folder.file('planted.ts'),
      "import type { UserId } from '#shared/ids.ts';\nexport const user: UserId = 'u1';\n",
    );
    assert.match(await complaints(folder.file('project.json')), /planted\.ts\(2,14\): error TS2322/);
  });
});
