import assert from 'node:assert/strict';

/**
 * Prints what was measured beside what was promised, and fails at more than twice the promise: machines are noisy, everything
 * finer is for a bench.
 */
export function measured(what: string, tookMs: number, promisedMs: number): void {
  console.log(`        ${what}: ${Math.round(tookMs)} ms (promised: ${promisedMs} ms)`);
  assert.ok(tookMs <= 2 * promisedMs, `${what} took ${Math.round(tookMs)} ms, more than twice the promised ${promisedMs} ms`);
}

/** The value below which this share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
