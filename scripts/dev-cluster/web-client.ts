import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds the web client if it was never built or its sources are newer; about ten seconds, else nothing. */
export async function buildWebClient(root: string, say: (line: string) => void): Promise<void> {
  const page = join(root, 'dist/web/index.html');
  if (existsSync(page) && statSync(page).mtimeMs >= newestSource(root)) return;
  say('building the web client');
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn'],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('the web client could not be built; see above');
}

function newestSource(root: string): number {
  const files = globSync(['web/**/*.{ts,tsx,css,html,svg,json}', 'shared/protocol/*.ts', 'shared/ids.ts', 'package-lock.json'], {
    cwd: root,
  });
  return Math.max(...files.map((file) => statSync(join(root, file)).mtimeMs));
}
