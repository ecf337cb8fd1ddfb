import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { HmacSha256 } from '#shared/mesh/hmac.ts';

const right = (key: Buffer, message: Buffer | string) => createHmac('sha256', key).update(message).digest();

describe('HMAC-SHA-256', () => {
  it('is what RFC 4231 says (test case 2)', () => {
    const mac = new HmacSha256(Buffer.from('Jefe')).of('what do ya want for nothing?');
    assert.equal(mac.toString('hex'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });

  it('agrees with that of Node for every length of key and message', () => {
    for (const keyBytes of [1, 31, 32, 63, 64]) {
      const key = randomBytes(keyBytes);
      const hmac = new HmacSha256(key);
      // Long and short in turn: what is left of a longer message must not count.
      for (const length of [0, 1, 55, 64, 70_000, 3, 191, 192, 193, 262_144, 20]) {
        const message = randomBytes(length);
        assert.deepEqual(hmac.of(message), right(key, message), `${keyBytes} and ${length} bytes`);
      }
    }
  });

  it('takes text as UTF-8', () => {
    const key = randomBytes(32);
    const text = 'Grüße, 世界 👋'.repeat(50);
    assert.deepEqual(new HmacSha256(key).of(text), right(key, text));
  });

  it('proves nothing but the message that was signed', () => {
    const hmac = new HmacSha256(randomBytes(32));
    const mac = hmac.of('a message');
    assert.equal(hmac.proves('a message', mac), true);
    assert.equal(hmac.proves('a massage', mac), false);
    assert.equal(hmac.proves('a message', mac.subarray(0, 31)), false);
    assert.equal(hmac.proves('a message', Buffer.alloc(0)), false);
    assert.equal(new HmacSha256(randomBytes(32)).proves('a message', mac), false);
  });

  it('refuses a key that would have to be hashed first', () => {
    assert.throws(() => new HmacSha256(Buffer.alloc(65)), RangeError);
  });
});
