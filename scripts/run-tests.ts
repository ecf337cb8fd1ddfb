import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { Tally } from '#test/support/counting-reporter.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

/** In this order: what is quick and finds most comes first. `alone`: each file in a process of its own, one after the other. */
const suites = [
  { name: 'unit', alone: false },
  { name: 'contract', alone: false },
  { name: 'integration', alone: false },
  { name: 'scenario', alone: true },
  { name: 'browser', alone: true },
  { name: 'typing', alone: false },
  { name: 'architecture', alone: false },
] as const;

/** A mocha process that takes longer than this is ended and counted as failed. */
const runLimitMs = 30 * 60_000;
/** How long a process may live on after its last test before that counts as a failure: something was left open. */
const exitLimitMs = 30_000;

interface Options {
  readonly long?: true;
  readonly grep?: string;
}

interface Run {
  readonly title: string;
  readonly files: readonly string[];
}

async function main(filters: readonly string[], { long, grep }: Options): Promise<void> {
  const folder = new TempFolder('tally');
  const tallies: Tally[] = [];
  const runs = planRuns(filters);
  const environment = { ...process.env, ...(long ? { UCMESH_TEST_LONG: '1' } : {}) };
  const mochaArguments = grep ? ['--grep', grep, '--no-fail-zero'] : [];
  let pagesBuilt: boolean | undefined;
  for (const [index, { title, files }] of runs.entries()) {
    console.log(`\n== ${title}`);
    if (title.startsWith('browser')) {
      pagesBuilt ??= await succeeds('npm', ['run', '--silent', 'build']);
      if (!pagesBuilt) {
        tallies.push({ passed: 0, failed: [`${title}: the pages could not be built`], skipped: [] });
        continue;
      }
    }
    tallies.push(await runMocha(title, [...mochaArguments, ...files], environment, folder.file(`${index}.json`)));
  }
  folder.remove();
  report(tallies);
}

/** The spec files of each suite whose path holds one of the filters (or all without any), in runs of one process each. */
function planRuns(filters: readonly string[]): Run[] {
  return suites.flatMap(({ name, alone }): Run[] => {
    const files = globSync(`test/${name}/**/*.test.ts`)
      .sort()
      .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
    if (alone) return files.map((file) => ({ title: `${name}: ${file}`, files: [file] }));
    return files.length === 0 ? [] : [{ title: name, files }];
  });
}

async function runMocha(title: string, args: readonly string[], env: NodeJS.ProcessEnv, tallyFile: string): Promise<Tally> {
  const child = spawn('mocha', ['--reporter', 'test/support/counting-reporter.ts', ...args], {
    stdio: 'inherit',
    env: { ...env, UCMESH_TEST_TALLY: tallyFile },
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const problem = await watch(ended, tallyFile);
  if (problem) child.kill('SIGKILL');
  const [code, signal] = await ended;
  if (!existsSync(tallyFile)) {
    return {
      passed: 0,
      failed: [`${title}: ${problem ?? `mocha ended with ${signal ?? code} before it was done`}`],
      skipped: [],
    };
  }
  const tally = JSON.parse(await readFile(tallyFile, 'utf8')) as Tally;
  if (problem) return { ...tally, failed: [...tally.failed, `${title}: ${problem}`] };
  if (code !== 0 && tally.failed.length === 0) {
    return { ...tally, failed: [`${title}: mocha ended with ${signal ?? code} though no test failed`] };
  }
  return tally;
}

/** Says what is wrong with a run that does not end, or nothing when it has ended by itself. */
async function watch(ended: Promise<unknown>, tallyFile: string): Promise<string | undefined> {
  const startMs = performance.now();
  let doneMs: number | undefined;
  for (;;) {
    const stillRunning = await Promise.race([ended.then(() => false), afterMs(250)]);
    if (!stillRunning) return undefined;
    const nowMs = performance.now();
    if (existsSync(tallyFile)) doneMs ??= nowMs;
    if (doneMs !== undefined && nowMs - doneMs > exitLimitMs)
      return `still running ${exitLimitMs} ms after its last test: a handle is open`;
    if (nowMs - startMs > runLimitMs) return `not done after ${runLimitMs} ms`;
  }
}

function afterMs(ms: number): Promise<true> {
  return new Promise((resolve) => setTimeout(() => resolve(true), ms).unref());
}

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  const [code] = (await once(spawn(command, args, { stdio: 'inherit' }), 'exit')) as [number | null];
  return code === 0;
}

function report(tallies: readonly Tally[]): void {
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.flatMap((tally) => tally.failed);
  const skipped = tallies.flatMap((tally) => tally.skipped);
  console.log('');
  for (const title of failed) console.log(`failed: ${title}`);
  const byReason = Map.groupBy(skipped, ({ reason }) => reason);
  for (const [reason, tests] of byReason) {
    console.log(`skipped, because ${reason}:`);
    for (const { title } of tests) console.log(`  ${title}`);
  }
  if (passed + failed.length === 0) console.log('No test ran.');
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;
}

await new Command('npm test --')
  .description('Runs the tests: all of them, or the files whose path holds one of the words.')
  .argument('[words...]', 'parts of paths, for example "chat" or "unit/presence"')
  .option('--long', 'let randomised suites take their time')
  .option('--grep <pattern>', 'only tests whose title matches')
  .action(main)
  .parseAsync();
