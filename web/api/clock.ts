/** A pending timer of a {@link ClientClock}. */
export interface ClientTimer {
  stop(): void;
}

/**
 * Time as the client uses it; the same shape as the servers' clock, so that tests can turn one by hand. A browser hands in a
 * clock driven by a worker, because timers of hidden pages may run as rarely as once a minute.
 */
export interface ClientClock {
  /** Milliseconds since 1970 (UTC); may be wrong and may jump. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start, never backwards. */
  monotonicMs(): number;
  after(delayMs: number, act: () => void): ClientTimer;
  every(periodMs: number, act: () => void): ClientTimer;
}

/** The machine's clock. In Node its timers do not keep the process alive. */
export const platformClock: ClientClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, act) {
    const handle = setTimeout(act, delayMs);
    unref(handle);
    return { stop: () => clearTimeout(handle) };
  },
  every(periodMs, act) {
    const handle = setInterval(act, periodMs);
    unref(handle);
    return { stop: () => clearInterval(handle) };
  },
};

/** Browsers answer a number, Node an object that can be told not to keep the process alive. */
function unref(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function') handle.unref();
}

/** Resolves after the time has passed. */
export function pause(clock: ClientClock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve));
}
