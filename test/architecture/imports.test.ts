import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { TempFolder } from '#test/support/temp-folder.ts';
import config from '../../.dependency-cruiser.mjs';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

const resultSchema = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

async function cruise(folder: string, ...paths: string[]) {
  const args = ['--config', resolve(root, '.dependency-cruiser.mjs'), '--output-type', 'json', ...paths];
  const { stdout } = await run(resolve(root, 'node_modules/.bin/depcruise'), args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  return resultSchema.parse(JSON.parse(stdout)).summary;
}

/** One file that breaks each rule, and what it imports. */
const planted: Readonly<Record<string, readonly [file: string, imported: string]>> = {
  'no-cycle': ['shared/round.ts', './trip.ts'],
  'not-found': ['shared/lost.ts', './nowhere.ts'],
  'shared-knows-nobody': ['shared/proud.ts', '#ucserver/gateway/index.ts'],
  'processes-apart': ['mediaserver/nosy.ts', '#ucserver/gateway/index.ts'],
  'web-from-protocol-only': ['web/greedy.tsx', '#shared/proud.ts'],
  'browser-safe': ['web/api/wrong.tsx', 'node:fs'],
  'product-knows-no-tests': ['ucserver/gateway/tested.ts', '../../test/support/clock.ts'],
  'production-packages-only': ['shared/developed.ts', 'fast-check'],
  'only-root-knows-features': ['ucserver/gateway/knows.ts', '../chat/index.ts'],
  'ownership-above-ground': ['ucserver/database/owned.ts', '../ownership/index.ts'],
  'root-is-top': ['ucserver/chat/climbs.ts', '../server.ts'],
  'through-the-index': ['ucserver/calls/peeps.ts', '../chat/service.ts'],
  'feature-order-settings': ['ucserver/settings/ahead.ts', '../chat/index.ts'],
  'feature-order-chat': ['ucserver/chat/sideways.ts', '../forwarding/index.ts'],
  'redis-in-stores-only': ['ucserver/chat/service.ts', 'ioredis'],
  'queries-in-repositories-only': ['ucserver/chat/store.ts', 'kysely'],
};

const innocent: Readonly<Record<string, string>> = {
  'shared/trip.ts': "import './round.ts';",
  'shared/protocol/index.ts': 'export {};',
  'web/page.tsx': "import '#shared/protocol/index.ts';\nexport const page = <p>text</p>;",
  'test/support/clock.ts': 'export {};',
  'ucserver/server.ts': "import './chat/index.ts';",
  'ucserver/gateway/index.ts': "import '#shared/protocol/index.ts';",
  'ucserver/ownership/index.ts': "import '../gateway/index.ts';",
  'ucserver/settings/store.ts': "import 'ioredis';",
  'ucserver/settings/repository.ts': "import 'kysely';",
  'ucserver/chat/index.ts': "import '../ownership/index.ts';",
  'ucserver/forwarding/index.ts': 'export {};',
};

describe('directions of imports', () => {
  it('are kept', async function () {
    this.timeout(60_000);
    const { violations, totalCruised } = await cruise(root, 'shared', 'ucserver', 'web', 'scripts');
    assert.deepEqual(violations, []);
    assert.ok(totalCruised > 50, `only ${totalCruised} files were read`);
  });

  it('are checked: each rule catches what breaks it, also in .tsx, and nothing else', async function () {
    this.timeout(60_000);
    using folder = new TempFolder('imports');
    const plant = (file: string, source: string) => {
      mkdirSync(dirname(folder.file(file)), { recursive: true });
      writeFileSync(folder.file(file), source);
    };
    for (const file of ['package.json', 'node_modules']) symlinkSync(resolve(root, file), folder.file(file));
    for (const [file, source] of Object.entries(innocent)) plant(file, `${source}\n`);
    // The import of a type counts like any other.
    for (const [file, imported] of Object.values(planted))
      plant(file, `import type { x } from '${imported}';\nexport type Y = x;\n`);
    plant('shared/round.ts', "import './trip.ts';\n");
    plant('shared/developed.ts', "import 'fast-check';\n");

    const { violations } = await cruise(folder.path, 'shared', 'ucserver', 'mediaserver', 'web');
    for (const [rule, [file]] of Object.entries(planted)) {
      assert.ok(
        violations.some(({ from, rule: { name } }) => from === file && name === rule),
        `${rule} did not catch ${file}`,
      );
    }
    const guilty = new Set([...Object.values(planted).map(([file]) => file), 'shared/trip.ts']);
    assert.deepEqual(
      violations.filter(({ from }) => !guilty.has(from)),
      [],
    );
  });

  it('have a planted violation for each rule', () => {
    const names = config.forbidden.map(({ name }) => name).filter((name) => !name.startsWith('feature-order-'));
    assert.deepEqual(
      names.filter((name) => !(name in planted)),
      [],
    );
  });
});
