import { UCError } from '#shared/protocol/errors.ts';
import { addressBlock } from '#shared/runtime/address-block.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** How attempts of one kind are slowed down. */
interface Rule {
  /** Failures that cost nothing. */
  readonly free: number;
  /** The first wait; each further failure doubles it. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** A stranger must not be able to lock somebody out for long, so waits for a name stay short. */
const perName: Rule = { free: 5, firstMs: 1_000, longestMs: 60_000 };
/** Many people may share an address. */
const perAddress: Rule = { free: 30, firstMs: 1_000, longestMs: 900_000 };
const forgottenAfterMs = 3_600_000;
/** Bounds the memory; the oldest are forgotten first. */
const mostKeys = 50_000;

interface Record {
  failures: number;
  lastMs: number;
}

/** What must be said about how an attempt went. */
export interface Attempt {
  /** The password was right: the name starts anew, the address gets this attempt back. */
  succeeded(): void;
  /** The attempt was not carried out: it does not count. */
  withdrawn(): void;
}

/**
 * Slows down guessing of passwords, by sign-in name and by address. An attempt counts as failed from its beginning, so that
 * many at once are no way around. Known to this server only: against N servers somebody may try N times as often.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #names = new Map<string, Record>();
  readonly #addresses = new Map<string, Record>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param name as folded for comparison; existing or not makes no difference
   * @throws UCError `RATE_LIMITED` with the time to wait.
   */
  begin(name: string, address: string): Attempt {
    const network = addressBlock(address);
    const nowMs = this.#clock.monotonicMs();
    const waitMs = Math.max(
      waitOf(this.#names.get(name), perName, nowMs),
      waitOf(this.#addresses.get(network), perAddress, nowMs),
    );
    if (waitMs > 0) {
      throw new UCError('RATE_LIMITED', 'Too many failed attempts.', { retryAfterMs: Math.ceil(waitMs) });
    }
    count(this.#names, name, nowMs);
    count(this.#addresses, network, nowMs);
    return {
      succeeded: () => {
        this.#names.delete(name);
        takeBack(this.#addresses, network);
      },
      withdrawn: () => {
        takeBack(this.#names, name);
        takeBack(this.#addresses, network);
      },
    };
  }
}

function waitOf(record: Record | undefined, { free, firstMs, longestMs }: Rule, nowMs: number): number {
  if (!record || record.failures < free || nowMs - record.lastMs >= forgottenAfterMs) return 0;
  const waitMs = Math.min(longestMs, firstMs * 2 ** Math.min(30, record.failures - free));
  return Math.max(0, record.lastMs + waitMs - nowMs);
}

function count(records: Map<string, Record>, key: string, nowMs: number): void {
  const record = records.get(key);
  const failures = record && nowMs - record.lastMs < forgottenAfterMs ? record.failures + 1 : 1;
  records.delete(key);
  records.set(key, { failures, lastMs: nowMs });
  const oldest = records.size > mostKeys ? records.keys().next().value : undefined;
  if (oldest !== undefined) records.delete(oldest);
}

function takeBack(records: Map<string, Record>, key: string): void {
  const record = records.get(key);
  if (!record) return;
  record.failures--;
  if (record.failures <= 0) records.delete(key);
}
