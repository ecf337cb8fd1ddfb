import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { leastMs } from '#test/support/measured.ts';
import { Passwords } from '#ucserver/auth/index.ts';

const passwords = (hashesWaiting = 10) => new Passwords({ hashesAtOnce: 1, hashesWaiting, clock: systemClock });

describe('auth: passwords', function () {
  // Each hash is meant to be heavy, and machines that run tests are busy.
  this.timeout(60_000);

  it('recognises the right password, however its letters are composed, and no other', async () => {
    const hashing = passwords();
    const verifier = await hashing.hash('Grüße an alle');
    assert.match(verifier, /^\$argon2id\$v=19\$m=65536,t=3,p=1\$/);
    assert.deepEqual(await hashing.verify('Gru\u0308ße an alle', verifier), { matches: true, outdated: false });
    assert.deepEqual(await hashing.verify('Grüße an Alle', verifier), { matches: false, outdated: false });
    assert.notEqual(await hashing.hash('Grüße an alle'), verifier, 'each has its own salt');
  });

  it('says when a verifier was made with other costs', async () => {
    const nonce = Buffer.from('0123456789abcdef');
    const tag = argon2Sync('argon2id', { message: 'password', nonce, memory: 8_192, passes: 1, parallelism: 1, tagLength: 32 });
    const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
    const verifier = `$argon2id$v=19$m=8192,t=1,p=1$${plain(nonce)}$${plain(tag)}`;
    assert.deepEqual(await passwords().verify('password', verifier), { matches: true, outdated: true });
  });

  it('works as hard for somebody unknown, and for a verifier it cannot read', async () => {
    const hashing = passwords();
    const oneHashMs = await leastMs(() => hashing.hash('something'));
    for (const verifier of [null, 'plain text', '$2b$10$abcdefghijklmnopqrstuv']) {
      const start = performance.now();
      assert.deepEqual(await hashing.verify('something', verifier), { matches: false, outdated: false });
      assert.ok(performance.now() - start > oneHashMs / 4, 'it was hashed');
    }
  });

  it('lets only so many wait, and tells the rest when to come back', async () => {
    const hashing = passwords(1);
    const accepted = [hashing.hash('one password'), hashing.hash('another one')];
    await assert.rejects(hashing.hash('one too many'), (error: unknown) => {
      assert.ok(error instanceof UCError && error.code === 'BUSY');
      assert.ok((error.retryAfterMs ?? 0) > 0);
      return true;
    });
    await Promise.all(accepted);
    assert.ok(await hashing.hash('room again'));
  });
});
