import { randomBytes } from 'node:crypto';
import type { ServerId } from '#shared/ids.ts';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** How long a nonce may be used. */
export const digestNonceMs = 300_000;
const purpose = 'sip nonce';
/** Bounds the memory; whoever had an older one is challenged again. */
const mostNonces = 200_000;

/** `fresh`: may be used; `stale`: ours, but too old, or unknown here: to be challenged anew; `refused`: not ours, or a replay. */
export type NonceJudgement = 'fresh' | 'stale' | 'refused';

interface Used {
  count: number;
  readonly untilMs: number;
}

/**
 * Nonces of digest challenges. Each is signed, names the server that made it and is good there only, so that one server alone
 * counts its uses: a count that is not higher than the last one is a replay. A challenge costs no memory; only a use does.
 */
export class DigestNonces {
  readonly #keys: MeshKeys;
  readonly #clock: Clock;
  readonly #self: ServerId;
  readonly #used = new Map<string, Used>();

  constructor(keys: MeshKeys, clock: Clock, self: ServerId) {
    this.#keys = keys;
    this.#clock = clock;
    this.#self = self;
  }

  create(): string {
    const text = `${Math.floor(this.#clock.wallMs()).toString(36)}.${this.#self}.${randomBytes(12).toString('base64url')}`;
    return `${text}.${this.#keys.mac(purpose, text)}`;
  }

  /** Judges without taking note: a wrong password must not use up the count of somebody else. */
  judge(nonce: string, count: number): NonceJudgement {
    const text = this.#textOf(nonce);
    if (text === undefined || count < 1) return 'refused';
    const ageMs = this.#clock.wallMs() - Number.parseInt(text, 36);
    if (text.split('.')[1] !== this.#self || !(ageMs >= 0 && ageMs <= digestNonceMs)) return 'stale';
    return count > (this.#used.get(text)?.count ?? 0) ? 'fresh' : 'refused';
  }

  /** Takes note of a use that was proved. */
  use(nonce: string, count: number): void {
    const text = this.#textOf(nonce);
    if (text === undefined) return;
    this.#forget();
    const known = this.#used.get(text);
    if (known !== undefined) known.count = Math.max(known.count, count);
    else this.#used.set(text, { count, untilMs: this.#clock.monotonicMs() + digestNonceMs });
  }

  /** What was signed, and is the same however the signature is spelled. */
  #textOf(nonce: string): string | undefined {
    const dot = nonce.lastIndexOf('.');
    const text = nonce.slice(0, Math.max(0, dot));
    return this.#keys.proves(purpose, text, nonce.slice(dot + 1)) ? text : undefined;
  }

  /** The oldest come first. */
  #forget(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [text, { untilMs }] of this.#used) {
      if (untilMs > nowMs && this.#used.size < mostNonces) return;
      this.#used.delete(text);
    }
  }
}
