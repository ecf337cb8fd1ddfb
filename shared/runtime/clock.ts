/** A pending timer of a {@link Clock}. */
export interface Timer {
  /** Stops the timer; stopping one that has fired or been stopped does nothing. */
  stop(): void;
}

/**
 * The only way to the time and to timers. Processes get {@link systemClock}, tests one they turn by hand, so that no rule
 * about time needs a test that waits.
 */
export interface Clock {
  /** Milliseconds since 1970 (UTC). May jump: never measure a duration with it. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start, never backwards; fractions are kept. */
  monotonicMs(): number;
  /** Calls `act` once after `delayMs` (≥ 0). Does not keep the process alive. */
  after(delayMs: number, act: () => void): Timer;
  /**
   * Calls `act` every `periodMs` (> 0) until stopped, the first time within one period: what has the same period comes together, so
   * that an idle process wakes up less often. Does not keep the process alive.
   */
  every(periodMs: number, act: () => void): Timer;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, act) {
    const handle = setTimeout(act, delayMs).unref();
    return { stop: () => clearTimeout(handle) };
  },
  every(periodMs, act) {
    const start = () => {
      handle = setInterval(act, periodMs).unref();
      act();
    };
    let handle = setTimeout(start, periodMs - (performance.now() % periodMs)).unref();
    return { stop: () => clearTimeout(handle) };
  },
};
