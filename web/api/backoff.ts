/** How long a client waits between tries. All waits are random, so that those who lost the same server do not come back as one. */
export const backoff = {
  /** After a loss: between 0 and this. */
  firstMs: 250,
  /** After each round over all servers that opened none, the longest wait doubles from here … */
  roundMs: 500,
  /** … up to here. */
  longestMs: 10_000,
} as const;

/** @param failedRounds How often all servers were tried since the last session. @param random In [0, 1). */
export function retryDelayMs(failedRounds: number, random: number): number {
  if (failedRounds <= 0) return random * backoff.firstMs;
  const longestMs = Math.min(backoff.longestMs, backoff.roundMs * 2 ** Math.min(failedRounds - 1, 10));
  return longestMs / 2 + (random * longestMs) / 2;
}

/** Time a server gets to open a connection: 1 s, and more for those on slow links once no server could. */
export function openWithinMs(failedRounds: number): number {
  return Math.min(8_000, 1_000 * 2 ** Math.min(failedRounds, 3));
}

/** A wait somebody asked for, with up to a quarter on top. */
export function spreadMs(askedMs: number, random: number): number {
  return askedMs * (1 + random / 4);
}
