import { UCError } from '#shared/protocol/errors.ts';
import type { LedgerAnswer } from './ledger-plan.ts';
import type { LicensedFeature } from './licence.ts';

/** Idle seats that a server has at most, to give without asking. */
export const largestBlock = 16;
/** A seat waits this long for a name that has left, */
export const longestKeepMs = 60_000;
/** and this long when few are left for others. */
const scarceKeepMs = 1_000;

/** @param share one server's part of the seats that nobody uses or keeps */
export function blockOf(share: number): number {
  return Math.max(1, Math.min(largestBlock, share));
}

/** How long a seat waits for a name that has left (ms). */
export function keepMsOf(share: number): number {
  return share < 2 * largestBlock ? scarceKeepMs : longestKeepMs;
}

const words = {
  expired: () => 'The licence has ended.',
  databaseAway: () => 'The seats this server holds are taken, and it cannot get more while the database is away.',
  allTaken: (seats: number) => `All ${seats} seats of the licence are taken.`,
};

/** @param blocks who holds how many, as far as is known */
export function exhausted({
  feature,
  seats,
  reason,
  blocks,
}: {
  feature: LicensedFeature;
  seats: number;
  reason: keyof typeof words;
  blocks: Extract<LedgerAnswer, { outcome: 'held' }>['blocks'];
}): UCError {
  const holders = blocks.map((block) => ({ server: block.holder.serverId, seats: block.seats }));
  return new UCError('LICENCE_EXHAUSTED', words[reason](seats), {
    retryAfterMs: 10_000,
    details: { feature, seats, holders, reason },
  });
}
