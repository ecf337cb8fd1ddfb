import type { Clock } from '#shared/runtime/clock.ts';
import { parseSipUri } from '../message/uri.ts';
import type { Flow } from './flow.ts';

interface Entry {
  readonly flow: Flow;
  readonly expiresMs: number;
}

/**
 * Connections by the Contact that was accepted on them: the way back to who cannot be connected to (browsers, phones behind
 * NAT). The newest connection of a Contact wins.
 */
export class FlowCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** Which entries go with a connection. */
  readonly #keys = new Map<Flow, Set<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param seconds until the binding ends; 0 ends it */
  remember(contactUri: string, flow: Flow, seconds: number): void {
    const key = keyOf(contactUri);
    if (key === undefined) return;
    this.#forgetKey(key);
    if (seconds <= 0 || !flow.isOpen) return;
    const expiresMs = this.#clock.monotonicMs() + seconds * 1_000;
    this.#entries.set(key, { flow, expiresMs });
    const keys = this.#keys.get(flow);
    if (keys === undefined) this.#keys.set(flow, new Set([key]));
    else keys.add(key);
    flow.keepUntil(expiresMs);
  }

  find(uri: string): Flow | undefined {
    const key = keyOf(uri);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (key === undefined || entry === undefined) return undefined;
    if (entry.flow.isOpen && entry.expiresMs > this.#clock.monotonicMs()) return entry.flow;
    this.#forgetKey(key);
    return undefined;
  }

  /** The connection is closed. */
  forget(flow: Flow): void {
    for (const key of this.#keys.get(flow) ?? []) this.#entries.delete(key);
    this.#keys.delete(flow);
  }

  #forgetKey(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const keys = this.#keys.get(entry.flow);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(entry.flow);
  }
}

function keyOf(uri: string): string | undefined {
  const parsed = parseSipUri(uri);
  return parsed && `${parsed.user}@${parsed.host}:${parsed.port ?? ''}`;
}
