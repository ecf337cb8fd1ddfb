import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { HttpServer, httpConfigSchema } from '#ucserver/http/index.ts';
import { HttpFixture } from './fixture.ts';

const signIn = {
  signIn: 'alice',
  password: 'right',
  device: { id: 'd1', kind: 'browser', name: 'Firefox' },
  key: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
};

/** A request that is sent as it is written: fetch tidies up paths and cache headers. */
function raw(url: string, path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request(`${url}/`, { path, headers, agent: false }, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
    })
      .on('error', reject)
      .end();
  });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever the server sends.
const json = async (response: Response): Promise<any> => response.json();

describe('http', () => {
  it('puts security headers on every answer, naming all servers', async () => {
    const handles = new HandleWatch();
    {
      await using fixture = await HttpFixture.start();
      fixture.servers.push({ id: 's2' as never, url: 'https://uc2.example.com' });
      for (const path of ['/', '/api/servers', '/api/nothing', '/livez']) {
        const { headers } = await fixture.fetch(path);
        const policy = headers.get('content-security-policy') ?? '';
        assert.match(policy, /connect-src 'self' http:\S+ ws:\S+ https:\/\/uc2\.example\.com wss:\/\/uc2\.example\.com/, path);
        assert.match(policy, /frame-ancestors 'none'/);
        assert.match(policy, /script-src 'self';/);
        assert.equal(headers.get('x-content-type-options'), 'nosniff');
        assert.equal(headers.get('referrer-policy'), 'no-referrer');
        assert.match(headers.get('permissions-policy') ?? '', /microphone=\(self\)/);
        assert.equal(headers.get('strict-transport-security'), null, 'only over HTTPS');
      }
    }
    await handles.check();
  });

  it('serves the page, keeps what has a hash, asks about the rest each time', async () => {
    await using fixture = await HttpFixture.start();
    const asset = await fixture.fetch('/assets/app-1a2b.js');
    assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.match(asset.headers.get('content-type') ?? '', /javascript/);
    const worker = await fixture.fetch('/sw.js');
    assert.equal(worker.headers.get('cache-control'), 'no-cache');
    const etag = worker.headers.get('etag') ?? '';
    assert.equal((await raw(fixture.http.url, '/sw.js', { 'if-none-match': etag })).status, 304);
    for (const path of ['/', '/chat/with/bob']) {
      assert.match(await (await fixture.fetch(path, { headers: { accept: 'text/html' } })).text(), /page/, path);
    }
    assert.equal((await fixture.fetch('/assets/gone.js')).status, 404);
    assert.equal((await fixture.fetch('/', { method: 'HEAD' })).status, 200);
  });

  it('compresses what becomes smaller, for those who understand it', async () => {
    await using fixture = await HttpFixture.start();
    const plain = await raw(fixture.http.url, '/assets/large-3c4d.js');
    const packed = await raw(fixture.http.url, '/assets/large-3c4d.js', { 'accept-encoding': 'gzip, br' });
    assert.equal(plain.text.length, 9_000);
    assert.ok(packed.text.length < 500);
    const unpacked = await fixture.fetch('/assets/large-3c4d.js');
    assert.equal(unpacked.headers.get('content-encoding'), 'gzip');
    assert.match(unpacked.headers.get('vary') ?? '', /accept-encoding/i);
    assert.equal(await unpacked.text(), plain.text);
  });

  it('serves nothing outside of the build', async () => {
    await using fixture = await HttpFixture.start();
    const paths = [
      '/../outside.txt',
      '/..%2foutside.txt',
      '/%2e%2e/outside.txt',
      '/assets/..%5c..%5coutside.txt',
      '/.secret',
      '/a%00.js',
      '/%E0%A4%A.js',
    ];
    for (const path of paths) {
      const { status, text } = await raw(fixture.http.url, path);
      assert.ok(status < 500 && !text.includes('secret'), path);
    }
  });

  it('says how it is', async () => {
    await using fixture = await HttpFixture.start({ config: { trustedProxies: ['127.0.0.1'] } });
    assert.equal((await fixture.fetch('/livez')).status, 200);
    const database = fixture.health.register('database');
    const listener = fixture.health.register('listener', { needed: true });
    assert.equal((await fixture.fetch('/readyz')).status, 503);
    listener.up();
    database.away('locked');
    const ready = await fixture.fetch('/readyz');
    assert.equal(ready.status, 200);
    const { database: told } = (await json(ready)).dependencies;
    assert.deepEqual([told.state, told.detail], ['away', undefined], 'why is nothing for whoever may come through a proxy');
    fixture.isDraining = true;
    assert.equal((await fixture.fetch('/readyz')).status, 503);
    assert.equal((await fixture.fetch('/metrics')).status, 404, 'a trusted proxy may speak for anybody');
  });

  it('shows its metrics, and why something is away, to who is near, but to nobody through a proxy', async () => {
    await using fixture = await HttpFixture.start();
    assert.equal((await fixture.fetch('/metrics')).status, 200);
    fixture.health.register('database').away('locked');
    assert.equal((await json(await fixture.fetch('/readyz'))).dependencies.database.detail, 'locked');
    for (const sign of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-proto']) {
      assert.equal((await fixture.fetch('/metrics', { headers: { [sign]: '127.0.0.1' } })).status, 404, sign);
    }
    await using closed = await HttpFixture.start({ config: { metricsFrom: ['192.0.2.0/24'] } });
    assert.equal((await closed.fetch('/metrics')).status, 404);
  });

  it('lets pages of the other servers call it, and no other pages', async () => {
    await using fixture = await HttpFixture.start();
    fixture.servers.push({ id: 's2' as never, url: 'https://uc2.example.com' });
    const friend = { origin: 'https://uc2.example.com' };
    const preflight = await fixture.fetch('/api/auth/sign-in', {
      method: 'OPTIONS',
      headers: { ...friend, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://uc2.example.com');
    assert.equal(preflight.headers.get('access-control-allow-credentials'), null);
    const list = await fixture.fetch('/api/servers', { headers: friend });
    assert.equal(list.headers.get('access-control-allow-origin'), 'https://uc2.example.com');
    assert.equal((await json(list)).servers.length, 2);
    const otherName = fixture.http.url.replace('127.0.0.1', 'localhost');
    assert.equal((await fixture.post('/api/auth/sign-in', signIn, { origin: fixture.http.url })).status, 200);
    assert.equal((await fixture.post('/api/auth/sign-in', signIn, { origin: otherName })).status, 403);
    const foreign = await fixture.post('/api/auth/sign-in', signIn, { origin: 'https://evil.example' });
    assert.equal(foreign.status, 403);
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  });

  it('answers errors in the form of the client protocol', async () => {
    await using fixture = await HttpFixture.start();
    const error = async (response: Response) => ({ status: response.status, ...(await json(response)).error });
    const wrong = await error(
      await fixture.post('/api/auth/sign-in', { ...signIn, device: { ...signIn.device, kind: 'fridge' } }),
    );
    assert.deepEqual([wrong.status, wrong.code, wrong.field], [400, 'BAD_REQUEST', 'device.kind']);
    const unknown = await error(await fixture.post('/api/auth/sign-in', { ...signIn, extra: 1 }));
    assert.equal(unknown.field, 'extra');
    const busy = await fixture.post('/api/auth/sign-in', { ...signIn, password: 'busy' });
    assert.equal(busy.headers.get('retry-after'), '2');
    assert.deepEqual((await error(busy)).retryAfterMs, 1_500);
    const bug = await error(await fixture.post('/api/auth/sign-in', { ...signIn, password: 'bug' }));
    assert.deepEqual([bug.status, bug.code], [500, 'INTERNAL']);
    assert.ok(!JSON.stringify(bug).includes('secret'));
    assert.equal((await error(await fixture.fetch('/api/nothing'))).code, 'NOT_FOUND');
    assert.equal((await fixture.fetch('/api/auth/sign-in')).status, 400);
    const text = await fixture.fetch('/api/auth/sign-in', {
      method: 'POST',
      body: JSON.stringify(signIn),
      headers: { 'content-type': 'text/plain' },
    });
    assert.equal((await error(text)).field, 'Content-Type');
    const broken = await fixture.fetch('/api/auth/nonce', {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal((await error(broken)).code, 'BAD_REQUEST');
    const large = await error(await fixture.post('/api/auth/nonce', { padding: 'x'.repeat(20_000) }));
    assert.deepEqual([large.status, large.code], [413, 'TOO_LARGE']);
  });

  it('wants a token to sign out, gives nonces to everybody, and slows an address down', async () => {
    await using fixture = await HttpFixture.start({ config: { authPerMinute: 5, trustedProxies: ['127.0.0.1'] } });
    assert.deepEqual(await (await fixture.post('/api/auth/nonce', {})).json(), { nonce: 'a-nonce' });
    assert.equal((await fixture.post('/api/auth/sign-out', {})).status, 401);
    assert.equal((await fixture.post('/api/auth/sign-out', {}, { authorization: 'Bearer bad' })).status, 401);
    assert.equal((await fixture.post('/api/auth/sign-out', {}, { authorization: 'Bearer good' })).status, 200);
    assert.equal((await fixture.post('/api/auth/nonce', {})).status, 200);
    const limited = await fixture.post('/api/auth/nonce', {});
    assert.equal(limited.status, 429);
    assert.ok(Number(limited.headers.get('retry-after')) > 0);
    const fromNetwork = (host: string) => fixture.post('/api/auth/nonce', {}, { 'x-forwarded-for': `2001:db8::${host}` });
    for (const host of ['1', '2', '3', '4', '5']) assert.equal((await fromNetwork(host)).status, 200);
    assert.equal((await fromNetwork('6')).status, 429, 'a whole /64 counts as one address');
    const elsewhere = await fixture.post('/api/auth/sign-in', signIn, { 'x-forwarded-for': '203.0.113.9' });
    assert.equal((await json(elsewhere)).userId, '203.0.113.9', 'the address is that of the client, not of the proxy');
  });

  it('refuses headers that are too large', async () => {
    await using fixture = await HttpFixture.start();
    const { port } = new URL(fixture.http.url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    await eventually(() => answer.startsWith('HTTP/1.1 431'));
    socket.destroy();
  });
});

describe('http: TLS', () => {
  function makeCertificate(folder: TempFolder, name: string): void {
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    const files = ['-keyout', folder.file('new-key.pem'), '-out', folder.file('new-cert.pem')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], { stdio: 'ignore' });
    renameSync(folder.file('new-key.pem'), folder.file('key.pem'));
    renameSync(folder.file('new-cert.pem'), folder.file('cert.pem'));
  }

  function nameOn(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on('error', reject);
    });
  }

  it('takes a renewed certificate without a restart, and keeps the old one when the new one is broken', async () => {
    using folder = new TempFolder('tls');
    makeCertificate(folder, 'first');
    const clock = new ManualClock();
    const config = httpConfigSchema.parse({
      host: '127.0.0.1',
      port: 0,
      tls: { cert: folder.file('cert.pem'), key: folder.file('key.pem') },
    });
    const http = await HttpServer.create({ config, clock, logger: silentLogger });
    await http.listen();
    try {
      const port = Number(new URL(http.url).port);
      assert.ok(http.secure);
      assert.equal(await nameOn(port), 'first');
      const oldKey = readFileSync(folder.file('key.pem'));
      makeCertificate(folder, 'second');
      assert.notDeepEqual(readFileSync(folder.file('key.pem')), oldKey);
      clock.advance(60_000);
      await eventually(async () => (await nameOn(port)) === 'second');
      renameSync(folder.file('key.pem'), folder.file('gone.pem'));
      clock.advance(60_000);
      assert.equal(await nameOn(port), 'second');
    } finally {
      await http.stop();
    }
  });
});
