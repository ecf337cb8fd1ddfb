import assert from 'node:assert/strict';
import { serverIdSchema } from '#shared/ids.ts';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import {
  challenges,
  type DigestCredentials,
  DigestNonces,
  digestVerifier,
  parseCredentials,
  provesSecret,
} from '#ucserver/sip/index.ts';

/** The example of RFC 7616 3.9.1. */
const example = {
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  responses: {
    MD5: '8ca523f5e9506fed4657c9700eebdbec',
    'SHA-256': '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  },
};

const header = (algorithm: 'MD5' | 'SHA-256', changes: (text: string) => string = (text) => text) =>
  changes(
    `Digest username="Mufasa", realm="${example.realm}", uri="/dir/index.html", algorithm=${algorithm}, nonce="${example.nonce}", nc=00000001, cnonce="${example.cnonce}", qop=auth, response="${example.responses[algorithm]}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
  );

function read(text: string): DigestCredentials {
  const credentials = parseCredentials(text);
  assert.ok(credentials, text);
  return credentials;
}

describe('digest', () => {
  const verifier = digestVerifier('Mufasa', example.realm, 'Circle of Life');

  for (const algorithm of ['MD5', 'SHA-256'] as const) {
    it(`proves the secret of RFC 7616's example by ${algorithm}, and nothing else does`, () => {
      assert.ok(provesSecret(read(header(algorithm)), verifier, 'GET'));
      assert.ok(!provesSecret(read(header(algorithm)), verifier, 'REGISTER'));
      assert.ok(!provesSecret(read(header(algorithm)), digestVerifier('Mufasa', example.realm, 'circle of life'), 'GET'));
      const changes = [
        ['uri="/', 'uri="/x'],
        ['nc=00000001', 'nc=00000002'],
        ['cnonce="f', 'cnonce="g'],
        ['nonce="7', 'nonce="8'],
        ['response="', 'response="0'],
      ] as const;
      for (const [part, instead] of changes) {
        const changed = read(header(algorithm, (text) => text.replace(part, instead)));
        assert.ok(!provesSecret(changed, verifier, 'GET'), instead);
      }
    });
  }

  it('reads no header that lacks something, holds something twice, or has another algorithm', () => {
    for (const part of [
      'username="Mufasa", ',
      ', nc=00000001',
      `, cnonce="${example.cnonce}"`,
      ', qop=auth',
      ', uri="/dir/index.html"',
    ])
      assert.equal(parseCredentials(header('MD5', (text) => text.replace(part, ''))), undefined, part);
    for (const bad of [
      'Basic YTpi',
      '',
      header('MD5').replace('algorithm=MD5', 'algorithm=SHA-512-256'),
      header('MD5').replace('qop=auth', 'qop=auth-int'),
      header('MD5').replace('nc=00000001', 'nc=1'),
      `${header('MD5')}, username="Scar"`,
      `${header('MD5')}, x="${'x'.repeat(5_000)}"`,
      header('MD5').replace('username="Mufasa"', 'username="Mufasa'),
    ])
      assert.equal(parseCredentials(bad), undefined, bad.slice(0, 80));
    assert.equal(read(header('MD5').replace('algorithm=MD5, ', '')).algorithm, 'MD5');
  });

  it('challenges by SHA-256 first', () => {
    const [first, second] = challenges('uc', 'n', true);
    assert.equal(first, 'Digest realm="uc", nonce="n", algorithm=SHA-256, qop="auth", stale=true');
    assert.match(second ?? '', /algorithm=MD5/);
  });
});

describe('nonces of digest', () => {
  const keys = new MeshKeys('test', 'a-password-of-the-mesh');
  const nonces = (clock: ManualClock, self = 'one') => new DigestNonces(keys, clock, serverIdSchema.parse(self));

  it('are good for five minutes, on the server that made them', () => {
    const clock = new ManualClock();
    const own = nonces(clock);
    const nonce = own.create();
    assert.equal(own.judge(nonce, 1), 'fresh');
    assert.equal(nonces(clock, 'two').judge(nonce, 1), 'stale');
    clock.advance(300_001);
    assert.equal(own.judge(nonce, 1), 'stale');
  });

  it('cannot be made up or changed, and no count is taken twice', () => {
    const own = nonces(new ManualClock());
    const nonce = own.create();
    for (const bad of ['', 'x.y', `0${nonce}`, `${nonce.slice(0, -4)}AAAA`]) assert.equal(own.judge(bad, 1), 'refused', bad);
    own.use(nonce, 3);
    assert.deepEqual(
      [2, 3, 4].map((count) => own.judge(nonce, count)),
      ['refused', 'refused', 'fresh'],
    );
    assert.equal(own.judge(nonce, 0), 'refused');
  });
});
