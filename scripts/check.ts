import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';

/** Everything that is checked without running the product: types, style and formatting, directions of imports. */
const checks: readonly (readonly [string, ...string[]])[] = [
  ['tsc', '-p', 'tsconfig.json'],
  // What runs in a page, in a service worker, and tests that reach into a page each have another library.
  ...['web', 'web/client/service-worker', 'test/browser'].map((folder) => ['tsc', '-p', `${folder}/tsconfig.json`] as const),
  ['biome', 'ci', '--colors=off', '.'],
  // Not tests and benches: they may import anything.
  ['depcruise', '--config', '.dependency-cruiser.mjs', ...['shared', 'ucserver', 'sipedge', 'web', 'scripts'].filter(existsSync)],
];

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  readonly tookMs: number;
}

async function run([command, ...args]: readonly [string, ...string[]]): Promise<Outcome> {
  const startMs = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('exit', resolve);
  });
  const [code, out, err] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { name: [command, ...args].join(' '), ok: code === 0, output: out + err, tookMs: performance.now() - startMs };
}

const outcomes = await Promise.all(checks.map(run));
for (const { name, ok, output, tookMs } of outcomes) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${(tookMs / 1000).toFixed(1)} s)`);
  if (!ok) console.log(output);
}
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
