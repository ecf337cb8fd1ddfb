import { hash, timingSafeEqual } from 'node:crypto';

const blockBytes = 64;
const macBytes = 32;

/**
 * HMAC-SHA-256 under one key (RFC 2104), made of two one-shot hashes. Every envelope needs two of them, and for messages as short as
 * those the objects that `createHmac` sets up each time cost more than the hashing.
 */
export class HmacSha256 {
  /** The padded key, and room for the message behind it. */
  #inner: Buffer;
  /** The padded key, and room for the inner hash behind it. */
  readonly #outer = Buffer.alloc(blockBytes + macBytes, 0x5c);

  /** @param key at most 64 bytes. */
  constructor(key: Buffer) {
    if (key.length > blockBytes) throw new RangeError(`The key has ${key.length} bytes, it may have ${blockBytes}`);
    this.#inner = Buffer.alloc(4 * blockBytes, 0x36);
    for (const [index, byte] of key.entries()) {
      this.#inner[index] = byte ^ 0x36;
      this.#outer[index] = byte ^ 0x5c;
    }
  }

  /** The 32 bytes that prove the message; text counts as UTF-8. */
  of(message: Buffer | string): Buffer {
    const length = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
    this.#makeRoom(length);
    if (typeof message === 'string') this.#inner.write(message, blockBytes);
    else message.copy(this.#inner, blockBytes);
    hash('sha256', this.#inner.subarray(0, blockBytes + length), 'buffer').copy(this.#outer, blockBytes);
    return hash('sha256', this.#outer, 'buffer');
  }

  /** Whether `mac` is that of the message; takes the same time wherever they differ. */
  proves(message: Buffer | string, mac: Buffer): boolean {
    return mac.length === macBytes && timingSafeEqual(mac, this.of(message));
  }

  #makeRoom(length: number): void {
    if (this.#inner.length >= blockBytes + length) return;
    const larger = Buffer.alloc(2 * (blockBytes + length));
    this.#inner.copy(larger, 0, 0, blockBytes);
    this.#inner = larger;
  }
}
