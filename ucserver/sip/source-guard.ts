import { addressBlock } from '#shared/runtime/address-block.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** Failures from one network that cost nothing; a site's phones may share an address. */
const freeFailures = 20;
/** Failures are forgotten at this rate. */
const forgottenEveryMs = 30_000;
const blockMs = 600_000;
const mostSources = 50_000;

interface Source {
  failures: number;
  lastMs: number;
  blockedUntilMs: number;
}

/** Keeps away who tries names and secrets: behind too many failures a network is not heard for ten minutes. */
export class SourceGuard {
  readonly #clock: Clock;
  readonly #sources = new Map<string, Source>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isBlocked(address: string): boolean {
    return (this.#sources.get(addressBlock(address))?.blockedUntilMs ?? 0) > this.#clock.monotonicMs();
  }

  /** A wrong name or secret came from there. */
  failed(address: string): void {
    const network = addressBlock(address);
    const nowMs = this.#clock.monotonicMs();
    const known = this.#sources.get(network);
    const forgotten = known === undefined ? 0 : Math.floor((nowMs - known.lastMs) / forgottenEveryMs);
    const failures = Math.max(0, (known?.failures ?? 0) - forgotten) + 1;
    const isTooMany = failures > freeFailures;
    this.#sources.delete(network);
    this.#sources.set(network, {
      failures: isTooMany ? 0 : failures,
      lastMs: nowMs,
      blockedUntilMs: isTooMany ? nowMs + blockMs : 0,
    });
    const oldest = this.#sources.size > mostSources ? this.#sources.keys().next().value : undefined;
    if (oldest !== undefined) this.#sources.delete(oldest);
  }
}
