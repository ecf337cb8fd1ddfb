import { hkdfSync } from 'node:crypto';
import { HmacSha256 } from './hmac.ts';

/**
 * Keys derived from the mesh password (HKDF-SHA-256, salted with the mesh id), one per purpose, so that what was made for one
 * purpose proves nothing in another.
 */
export class MeshKeys {
  readonly meshId: string;
  readonly #password: string;
  readonly #derived = new Map<string, HmacSha256>();

  constructor(meshId: string, password: string) {
    this.meshId = meshId;
    this.#password = password;
  }

  /** Signs and proves for this purpose with a 256-bit key, the same on every server of the mesh. Derived once. */
  hmac(purpose: string): HmacSha256 {
    let hmac = this.#derived.get(purpose);
    if (hmac === undefined) {
      hmac = new HmacSha256(Buffer.from(hkdfSync('sha256', this.#password, `ucmesh:${this.meshId}`, purpose, 32)));
      this.#derived.set(purpose, hmac);
    }
    return hmac;
  }

  /** HMAC-SHA-256 of a text under the key of this purpose, base64url. */
  mac(purpose: string, text: string): string {
    return this.hmac(purpose).of(text).toString('base64url');
  }

  /** True when `mac` is that of `text`; takes the same time wherever they differ. */
  proves(purpose: string, text: string, mac: string): boolean {
    return this.hmac(purpose).proves(text, Buffer.from(mac, 'base64url'));
  }
}
