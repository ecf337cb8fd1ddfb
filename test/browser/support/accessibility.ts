import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong in the page as it is now, one line for each place. The page must be opened with `bypassCSP`. */
export async function violations(page: Page): Promise<string[]> {
  // What fades in or out has colours of its own; those that stay count.
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'));
  await page.evaluate(axeSource);
  const { violations: found } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(context: object, options: RunOptions): Promise<AxeResults> } };
    // Menus and notices stand outside of landmarks; they take the focus or are announced.
    const overlay = document.querySelector('[role="menu"], [role="listitem"][data-tabster]') !== null;
    const rules = { region: { enabled: !overlay } };
    // The guards at the ends of a focus trap pass the focus on at once; nobody ever rests on them.
    return axe.run({ exclude: ['[data-tabster-dummy]'] }, { rules, resultTypes: ['violations'] });
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
}
