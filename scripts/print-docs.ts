import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { printedPages } from './docs/pages.ts';

/** `npm run docs` writes the pages that are printed from code; `-- --check` only says which are stale (exit code 1). */
const check = process.argv.includes('--check');
let stale = 0;
for (const [name, page] of Object.entries(printedPages())) {
  const file = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  if (current(file) === page) continue;
  stale += 1;
  if (!check) writeFileSync(file, page);
  console.log(`${check ? 'stale' : 'written'}: docs/${name}`);
}
if (check && stale > 0) process.exitCode = 1;

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
