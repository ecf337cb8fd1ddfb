import { randomBytes } from 'node:crypto';
import type { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { Clock } from '#shared/runtime/clock.ts';

/** How long a nonce may be used. */
export const nonceMs = 60_000;
/** How far the clocks of servers may part. */
const skewMs = 5_000;
const purpose = 'auth nonce';

/**
 * Nonces that prove that a signature is fresh. No server keeps those it gave out: each is signed with a key of the mesh and
 * good on every server. A server takes one only once; two servers may each take it within its 60 s, which gains nothing, because
 * whoever holds the signature also holds the refresh token it was sent with.
 */
export class Nonces {
  readonly #keys: MeshKeys;
  readonly #clock: Clock;
  /** Used ones in the order of use, with the monotonic time at which they may be forgotten. */
  readonly #used = new Map<string, number>();

  constructor(keys: MeshKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  create(): string {
    const text = `${Math.floor(this.#clock.wallMs()).toString(36)}.${randomBytes(16).toString('base64url')}`;
    return `${text}.${this.#keys.mac(purpose, text)}`;
  }

  /** @throws UCError `TOKEN_INVALID` when it is not ours, too old, or was used here before. */
  use(nonce: string): void {
    const dot = nonce.lastIndexOf('.');
    const text = nonce.slice(0, Math.max(0, dot));
    if (!this.#keys.proves(purpose, text, nonce.slice(dot + 1))) throw invalid();
    const ageMs = this.#clock.wallMs() - Number.parseInt(text, 36);
    if (!(ageMs >= -skewMs && ageMs <= nonceMs)) throw invalid();
    this.#forget();
    // The text, not the nonce: one MAC can be spelled in several ways.
    if (this.#used.has(text)) throw invalid();
    this.#used.set(text, this.#clock.monotonicMs() + nonceMs + skewMs);
  }

  #forget(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [text, untilMs] of this.#used) {
      if (untilMs > nowMs) return;
      this.#used.delete(text);
    }
  }
}

function invalid(): UCError {
  return new UCError('TOKEN_INVALID', 'The nonce is not valid or was used before.', { field: 'nonce' });
}
