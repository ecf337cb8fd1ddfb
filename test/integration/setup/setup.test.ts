import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { measured } from '#test/support/measured.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

const root = resolve(import.meta.dirname, '../../..');
const script = resolve(root, 'scripts/setup.sh');

function setUp(purpose: string, path = process.env.PATH) {
  const startMs = performance.now();
  const { status, stdout, stderr } = spawnSync('/bin/sh', [script, purpose], { encoding: 'utf8', env: { PATH: path } });
  return { status, stdout, stderr, tookMs: performance.now() - startMs };
}

/** A folder of commands as a PATH: what a machine has, and nothing else of this one. */
function commands(folder: TempFolder, names: readonly string[]): string {
  for (const name of names) {
    const found = (process.env.PATH ?? '')
      .split(':')
      .map((entry) => join(entry, name))
      .find((file) => existsSync(file) && !file.includes('node_modules'));
    if (found) symlinkSync(found, folder.file(name));
  }
  return folder.path;
}

const ordinary = ['sh', 'env', 'dirname', 'sed', 'grep', 'head', 'cut', 'tr', 'uname', 'id', 'cat', 'node', 'npm'];

describe('scripts/setup.sh', () => {
  it('does nothing, quickly and silently, when nothing is missing', () => {
    for (const purpose of ['packages', 'start', 'test']) {
      const { status, stdout, stderr, tookMs } = setUp(purpose);
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' }, purpose);
      measured(purpose, tookMs, 1_000);
    }
  });

  it('names what is needed and why, and stops, where it cannot install it', () => {
    using folder = new TempFolder('setup');
    const { status, stdout, stderr } = setUp('test', commands(folder, ordinary));
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /redis-server - carries what the servers tell each other/);
    assert.match(stderr, /chromium - the pages are tested in a real browser/);
    assert.match(stderr, /works on Debian only/);
  });

  it('asks only for what its purpose needs', () => {
    using folder = new TempFolder('setup');
    const path = commands(folder, ordinary);
    assert.equal(setUp('packages', path).status, 0);
    assert.doesNotMatch(setUp('start', path).stderr, /chromium/);
    assert.match(setUp('dance', path).stderr, /unknown purpose "dance"/);
  });

  it('says so when there is no Node to begin with', () => {
    using folder = new TempFolder('setup');
    const { status, stderr } = setUp(
      'start',
      commands(
        folder,
        ordinary.filter((name) => name !== 'node'),
      ),
    );
    assert.equal(status, 1);
    assert.match(stderr, /node is missing/);
  });
});
