import { addressBlock } from '#shared/runtime/address-block.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** Who asks again without an answer to a challenge this much later has given up on it; sooner, the two just cross. */
const gaveUpMs = 2_000;
const rememberMs = 600_000;
/** A phone that has proved its secret by MD5 only is known for this long. */
const knownMs = 24 * 3_600_000;
/** Bounds the memory; the oldest are forgotten first. */
const mostKept = 10_000;

interface Asked {
  readonly sinceMs: number;
  readonly isOld: boolean;
}

/**
 * Phones that give up when any of several challenges names an algorithm they do not know, instead of taking the next one as
 * RFC 8760 (2.3) wants: they are asked for MD5 alone the second time.
 */
export class OldPhones {
  readonly #clock: Clock;
  /** `network name` → the challenge that was not answered yet. */
  readonly #asked = new Map<string, Asked>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that a challenge is sent. @returns whether it may name MD5 only */
  challenged(address: string, name: string): boolean {
    const place = `${addressBlock(address)} ${name}`;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#asked.get(place);
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : nowMs - known.sinceMs;
    if (known?.isOld === true && ageMs < knownMs) return true;
    if (ageMs < gaveUpMs) return false;
    const isOld = ageMs < rememberMs;
    this.#put(place, { sinceMs: nowMs, isOld });
    return isOld;
  }

  /** It answered a challenge rightly. */
  proved(address: string, name: string, algorithm: 'MD5' | 'SHA-256'): void {
    const place = `${addressBlock(address)} ${name}`;
    const known = this.#asked.get(place);
    if (known === undefined) return;
    if (known.isOld && algorithm === 'MD5') this.#put(place, { sinceMs: this.#clock.monotonicMs(), isOld: true });
    else this.#asked.delete(place);
  }

  #put(place: string, asked: Asked): void {
    this.#asked.delete(place);
    this.#asked.set(place, asked);
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > mostKept && oldest !== undefined) this.#asked.delete(oldest);
  }
}
