import type { Context, Suite, Test } from 'mocha';

const reason = Symbol.for('ucmesh.skip-reason');

interface Skippable {
  [reason]?: string;
  readonly type?: string;
  readonly parent?: Skippable | undefined;
}

/**
 * Skips the running test, or from within a `before` hook its whole suite, and says why; the test run lists all reasons.
 * A test is skipped only for something that cannot be installed here, such as a licensed SQL Server.
 */
export function skipBecause(context: Context, why: string): never {
  const runnable = context.test as Skippable | undefined;
  const skipped = runnable?.type === 'hook' ? runnable.parent : runnable;
  if (skipped) skipped[reason] = why;
  return context.skip();
}

/** Why a test was skipped, if it or a suite around it says so. */
export function skipReason(test: Test | Suite): string | undefined {
  for (let each: Skippable | undefined = test as Skippable; each; each = each.parent) {
    if (each[reason] !== undefined) return each[reason];
  }
  return undefined;
}
