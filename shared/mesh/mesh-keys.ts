import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * Keys derived from the mesh password (HKDF-SHA-256, salted with the mesh id), one per purpose, so that what was made for one
 * purpose proves nothing in another.
 */
export class MeshKeys {
  readonly meshId: string;
  readonly #password: string;
  readonly #derived = new Map<string, KeyObject>();

  constructor(meshId: string, password: string) {
    this.meshId = meshId;
    this.#password = password;
  }

  /** A 256-bit key for this purpose, the same on every server of the mesh. Derived once. */
  key(purpose: string): KeyObject {
    let key = this.#derived.get(purpose);
    if (key === undefined) {
      key = createSecretKey(Buffer.from(hkdfSync('sha256', this.#password, `ucmesh:${this.meshId}`, purpose, 32)));
      this.#derived.set(purpose, key);
    }
    return key;
  }

  /** HMAC-SHA-256 of a text under the key of this purpose, base64url. */
  mac(purpose: string, text: string): string {
    return createHmac('sha256', this.key(purpose)).update(text).digest('base64url');
  }

  /** True when `mac` is that of `text`; takes the same time wherever they differ. */
  proves(purpose: string, text: string, mac: string): boolean {
    const given = Buffer.from(mac, 'base64url');
    const right = createHmac('sha256', this.key(purpose)).update(text).digest();
    return given.length === right.length && timingSafeEqual(given, right);
  }
}
