import assert from 'node:assert/strict';
import type { ServerAddress } from '#shared/protocol/session.ts';
import { httpConfigSchema, Origins } from '#ucserver/http/index.ts';

const servers = (...urls: string[]) => urls.map((url, index) => ({ id: `s${index}`, url }) as ServerAddress);

describe('http: origins', () => {
  it('allows the pages of all servers, also of one that comes later', () => {
    const known = servers('https://uc1.example.com', 'https://uc2.example.com:8443/');
    const origins = new Origins({ listed: [], servers: () => known });
    assert.ok(origins.allows('https://uc1.example.com'));
    assert.ok(origins.allows('https://uc2.example.com:8443'));
    assert.ok(!origins.allows('https://uc3.example.com'));
    known.push(...servers('https://uc3.example.com'));
    assert.ok(origins.allows('https://uc3.example.com'));
    assert.deepEqual(origins.sources().slice(-2), ['https://uc3.example.com', 'wss://uc3.example.com']);
  });

  it('allows the pages of a server that was there, and lets pages call it when it comes back', () => {
    const known = servers('https://uc1.example.com', 'https://uc2.example.com');
    const origins = new Origins({ listed: [], servers: () => known });
    origins.learn();
    known.pop();
    assert.ok(origins.allows('https://uc2.example.com'));
    assert.ok(origins.sources().includes('wss://uc2.example.com'));
    assert.ok(!origins.allows('https://uc3.example.com'));
  });

  it('allows one wildcard domain, and nothing that only looks like it', () => {
    const origins = new Origins({ listed: ['https://*.example.com'], servers: () => [] });
    assert.ok(origins.allows('https://uc1.example.com'));
    assert.ok(origins.allows('https://a.b.example.com'));
    for (const origin of [
      'http://uc1.example.com',
      'https://example.com',
      'https://.example.com',
      'https://evilexample.com',
      'https://uc1.example.com.evil',
      'null',
    ]) {
      assert.ok(!origins.allows(origin), origin);
    }
    assert.deepEqual(origins.sources(), ['https://*.example.com', 'wss://*.example.com']);
  });

  it('allows pages of the host it was called by, and no other port or name', () => {
    const origins = new Origins({ listed: [], servers: () => [] });
    assert.ok(origins.allows('http://localhost:8080', 'localhost:8080'));
    assert.ok(!origins.allows('http://localhost:8081', 'localhost:8080'));
    assert.ok(!origins.allows('http://localhost:8080', 'uc1.example.com'));
    assert.ok(!origins.allows('null', undefined));
  });

  it('allows pages of its configured URL only, when there is one, whatever name leads to it', () => {
    const origins = new Origins({ listed: [], servers: () => [], ownUrl: 'https://uc1.example.com/' });
    assert.ok(origins.allows('https://uc1.example.com', 'uc1.example.com'));
    assert.ok(origins.allows('https://uc1.example.com', '10.0.0.1:8080'));
    assert.ok(!origins.allows('http://rebound.example:8080', 'rebound.example:8080'));
  });

  it('takes only origins and networks from the configuration', () => {
    for (const wrong of [
      { origins: ['https://uc1.example.com/path'] },
      { origins: ['uc1.example.com'] },
      { origins: ["https://a.example; script-src 'unsafe-inline'"] },
      { trustedProxies: ['10.0.0.0/33'] },
      { trustedProxies: ['proxy.example.com'] },
      { surplus: 1 },
    ]) {
      assert.ok(!httpConfigSchema.safeParse(wrong).success, JSON.stringify(wrong));
    }
    assert.ok(httpConfigSchema.safeParse({ trustedProxies: ['10.0.0.0/8', '::1'], origins: ['*'] }).success);
  });
});
