/** Whether the suite was asked to take its time (`npm test -- --long`). */
export const isLong = process.env.UCMESH_TEST_LONG === '1';

/**
 * How often a randomised test runs: a fixed budget, ten times as much in a long run. fast-check prints the seed of a failure.
 */
export function runs(budget: number): number {
  return isLong ? budget * 10 : budget;
}
