/** The base values of RFC 3261 17.1.1.1; tests shorten them. */
export interface TimerValues {
  /** Estimated round trip. */
  readonly t1Ms: number;
  /** Longest pause between retransmissions. */
  readonly t2Ms: number;
  /** How long a message stays in the network. */
  readonly t4Ms: number;
}

export const standardTimers: TimerValues = { t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 };

/** How long a transaction is tried: timers B, F, H, J, L and M. */
export function lifetimeMs({ t1Ms }: TimerValues): number {
  return 64 * t1Ms;
}
