import { addressBlock } from '#shared/runtime/address-block.ts';
import type { Clock } from '#shared/runtime/clock.ts';

interface Rule {
  /** Failures that cost nothing. */
  readonly free: number;
  readonly blockMs: number;
}

/** Short, because who corrects the secret of a phone waits for it. */
const perName: Rule = { free: 5, blockMs: 60_000 };
/** A site's phones may share an address. */
const perNetwork: Rule = { free: 20, blockMs: 600_000 };
/** Failures are forgotten at this rate. */
const forgottenEveryMs = 30_000;
/** How long it is remembered that a device has proved its secret at a network. */
const trustMs = 24 * 3_600_000;
/** Bounds the memory of each kind; the oldest are forgotten first. */
const mostKept = 50_000;

interface Source {
  failures: number;
  lastMs: number;
  blockedUntilMs: number;
}

/**
 * Keeps away who tries names and secrets. Behind too many failures of one name this name is not heard from that network for a
 * minute; behind failures of many names no name is for ten minutes, except those that have proved their secret there before. So
 * neither a phone with a wrong secret nor a scanner beside it silences other phones. A network is an IPv4 address or an IPv6 /64.
 */
export class SourceGuard {
  readonly #clock: Clock;
  readonly #networks = new Map<string, Source>();
  readonly #names = new Map<string, Source>();
  /** `network name` → until when it is trusted. */
  readonly #trusted = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * How long this is not heard yet, in ms; 0: it is heard.
   *
   * @param name says who sends; asked for only if something is wrong there
   */
  blockedForMs(address: string, name: () => string): number {
    if (this.#networks.size === 0 && this.#names.size === 0) return 0;
    const nowMs = this.#clock.monotonicMs();
    const network = addressBlock(address);
    const place = `${network} ${name()}`;
    const nameMs = blockedForMs(this.#names.get(place), nowMs);
    if (nameMs > 0 || (this.#trusted.get(place) ?? 0) > nowMs) return nameMs;
    return blockedForMs(this.#networks.get(network), nowMs);
  }

  /** This device has proved its secret from there. */
  proved(address: string, name: string): void {
    const place = `${addressBlock(address)} ${name}`;
    if (this.#names.size > 0) this.#names.delete(place);
    keep(this.#trusted, place, this.#clock.monotonicMs() + trustMs);
  }

  /** A wrong name or secret came from there. */
  failed(address: string, name: string): void {
    const network = addressBlock(address);
    const place = `${network} ${name}`;
    const nowMs = this.#clock.monotonicMs();
    // A network is judged by how many names fail there, not by a phone that goes on with its old secret.
    const isNews = nowMs - (this.#names.get(place)?.lastMs ?? Number.NEGATIVE_INFINITY) > perNetwork.blockMs;
    if (isNews) count(this.#networks, network, perNetwork, nowMs);
    count(this.#names, place, perName, nowMs);
  }
}

function blockedForMs(source: Source | undefined, nowMs: number): number {
  return Math.max(0, (source?.blockedUntilMs ?? 0) - nowMs);
}

function count(sources: Map<string, Source>, key: string, { free, blockMs }: Rule, nowMs: number): void {
  const known = sources.get(key);
  const forgotten = known === undefined ? 0 : Math.floor((nowMs - known.lastMs) / forgottenEveryMs);
  const failures = Math.max(0, (known?.failures ?? 0) - forgotten) + 1;
  const isTooMany = failures > free;
  keep(sources, key, { failures: isTooMany ? 0 : failures, lastMs: nowMs, blockedUntilMs: isTooMany ? nowMs + blockMs : 0 });
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.size > mostKept ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
}
