import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { namesOutOfPlace, spellsRedisKey } from './words.ts';

const root = resolve(import.meta.dirname, '../..');

/** Files that are part of the repository, also those not yet committed. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(resolve(root, file)));

const read = (file: string) => readFileSync(resolve(root, file), 'utf8');
const product = files.filter((file) => /^(shared|ucserver|mediaserver|sipedge|web|scripts|bin)\/.*\.(ts|tsx|lua)$/.test(file));

describe('sources', () => {
  it('spell Redis keys in one file only', () => {
    const spelling = product.filter((file) => file !== 'shared/redis/keys.ts' && spellsRedisKey(read(file)));
    assert.deepEqual(spelling, []);
    assert.ok(spellsRedisKey(read('shared/redis/keys.ts')), 'the check no longer recognises a key');
  });

  it('have no names that say nothing', () => {
    assert.deepEqual(
      files.filter((file) => namesOutOfPlace(file)),
      [],
    );
    assert.ok(namesOutOfPlace('ucserver/chat/message-helper.ts') && namesOutOfPlace('shared/utils/x.ts'));
    assert.ok(!namesOutOfPlace('ucserver/database/index.ts'));
  });

  it('are not too long', () => {
    const lengths = product.filter((file) => /\.tsx?$/.test(file)).map((file) => read(file).split('\n').length);
    const short = lengths.filter((lines) => lines <= 250).length;
    assert.ok(short / lengths.length >= 0.85, `only ${short} of ${lengths.length} files have at most 250 lines`);
  });

  it('hold no any and no switched-off check without a reason', () => {
    const silenced = product.filter((file) => /@ts-ignore|@ts-nocheck|biome-ignore-all|as any\b/.test(read(file)));
    assert.deepEqual(silenced, []);
  });

  it('of features use the agreed file for what the client can ask and what is set', () => {
    const features = new Set(product.map((file) => /^ucserver\/([^/]+)\//.exec(file)?.[1]).filter((name) => name !== undefined));
    const misplaced = product.filter(
      (file) => /^ucserver\/[^/]+\//.test(file) && /^(handlers?|types|constants)\.ts$/.test(basename(file)),
    );
    assert.ok(features.size > 0);
    assert.deepEqual(misplaced, []);
  });
});

describe('package-lock.json', () => {
  const lock: unknown = JSON.parse(read('package-lock.json'));

  it('names no host of a registry', () => {
    assert.doesNotMatch(JSON.stringify(lock), /"resolved"|https?:\/\/registry/);
  });

  it('is for exactly the versions of package.json', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const { packages } = lock as { packages: Record<string, { version: string }> };
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.equal(packages[`node_modules/${name}`]?.version, version, name);
    }
  });

  it('lists the packages of all platforms, without which npm ci refuses it', () => {
    const { packages } = lock as { packages: Record<string, { optionalDependencies?: Record<string, string> }> };
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
    assert.deepEqual(missing, []);
  });
});
