import assert from 'node:assert/strict';

/** What a machine that is busy with other programs may add, in ms. */
const busyMs = 5_000;

/**
 * Prints what was measured beside what was promised, and fails only at more than twice the promise and 5 s: a test must not fail
 * because of what else runs, everything finer is for a bench.
 */
export function measured(what: string, tookMs: number, promisedMs: number): void {
  console.log(`        ${what}: ${Math.round(tookMs)} ms (promised: ${promisedMs} ms)`);
  assert.ok(tookMs <= 2 * promisedMs + busyMs, `${what} took ${Math.round(tookMs)} ms, promised are ${promisedMs} ms`);
}

/** The shortest of five times, in ms: how long the act takes when nothing else is in its way. */
export async function leastMs(act: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 5; turn += 1) {
    const beganMs = performance.now();
    await act();
    least = Math.min(least, performance.now() - beganMs);
  }
  return least;
}

/** The value below which this share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
