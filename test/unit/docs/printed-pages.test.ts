import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { printedPages } from '../../../scripts/docs/pages.ts';

describe('printed docs', () => {
  for (const [name, page] of Object.entries(printedPages())) {
    it(`docs/${name} is what the code says (npm run docs writes it)`, () => {
      const written = readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
      assert.equal(written, page);
    });
  }
});
