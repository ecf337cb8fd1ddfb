import { writeFileSync } from 'node:fs';
import type { MochaOptions, Runner, Test } from 'mocha';
import mocha from 'mocha';
import { skipReason } from './skip.ts';

/** What one run of mocha came to, as the test run adds it up. */
export interface Tally {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly title: string; readonly reason: string }[];
}

/** Prints what mocha's own reporter prints, and leaves a {@link Tally} in the file named by `UCMESH_TEST_TALLY`. */
class CountingReporter extends mocha.reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    let passed = 0;
    const failed: string[] = [];
    const skipped: { title: string; reason: string }[] = [];
    runner.on('pass', () => {
      passed++;
    });
    runner.on('fail', (test: Test) => failed.push(test.fullTitle()));
    runner.on('pending', (test: Test) =>
      skipped.push({ title: test.fullTitle(), reason: skipReason(test) ?? 'no reason given' }),
    );
    runner.on('end', () => {
      const file = process.env.UCMESH_TEST_TALLY;
      if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped } satisfies Tally));
    });
  }
}

// The name by which mocha, which loads reporters with `require`, finds the class.
export { CountingReporter as 'module.exports' };
