import { once } from 'node:events';
import { resolve } from 'node:path';
import { spawnBound } from './child-process.ts';

const program = resolve(import.meta.dirname, '../../ucserver/cli/ucmesh.ts');

/** Runs the command-line tool to its end. @param input what it reads from standard input */
export async function ucmesh(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawnBound(process.execPath, [program, ...args], { stdio: 'pipe' });
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}
