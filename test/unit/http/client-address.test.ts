import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { ClientAddress } from '#ucserver/http/index.ts';

const trustedProxies = ['10.0.0.0/8', '2001:db8::1', '127.0.0.1'];

function addressOf(
  remoteAddress: string,
  headers: IncomingMessage['headers'] = {},
  forwardedHeader: 'X-Forwarded-For' | 'Forwarded' = 'X-Forwarded-For',
): string {
  return new ClientAddress({ trustedProxies, forwardedHeader }).of({ socket: { remoteAddress }, headers } as IncomingMessage);
}

describe('http: client address', () => {
  it('believes nobody but trusted proxies', () => {
    assert.equal(addressOf('192.0.2.1', { 'x-forwarded-for': '203.0.113.9' }), '192.0.2.1');
    assert.equal(addressOf('10.1.2.3', { 'x-forwarded-for': '203.0.113.9' }), '203.0.113.9');
    assert.equal(addressOf('10.1.2.3'), '10.1.2.3');
  });

  it('takes the last address that no trusted proxy stands for, whatever the client wrote before it', () => {
    assert.equal(addressOf('10.1.2.3', { 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.9.9.9' }), '203.0.113.9');
    assert.equal(addressOf('10.1.2.3', { 'x-forwarded-for': '10.7.7.7, 10.9.9.9' }), '10.7.7.7');
    assert.equal(addressOf('10.1.2.3', { 'x-forwarded-for': '203.0.113.9, nonsense' }), '10.1.2.3');
  });

  it('reads Forwarded, ports, brackets, and IPv4 in IPv6 clothes', () => {
    const ofForwarded = (from: string, forwarded: string) => addressOf(from, { forwarded }, 'Forwarded');
    assert.equal(ofForwarded('::ffff:10.1.2.3', 'for=1.1.1.1, for="[2001:db8::7]:4711";proto=https'), '2001:db8::7');
    assert.equal(addressOf('2001:db8::1', { 'x-forwarded-for': '203.0.113.9:1234' }), '203.0.113.9');
    assert.equal(ofForwarded('127.0.0.1', 'proto=https;For=198.51.100.4'), '198.51.100.4');
    assert.equal(ofForwarded('127.0.0.1', 'for=unknown'), '127.0.0.1');
  });

  it('reads the configured header only: the other one is what the client wrote', () => {
    const both = { 'x-forwarded-for': '203.0.113.1', forwarded: 'for=203.0.113.2' };
    assert.equal(addressOf('10.1.2.3', both), '203.0.113.1');
    assert.equal(addressOf('10.1.2.3', both, 'Forwarded'), '203.0.113.2');
    assert.equal(addressOf('10.1.2.3', { forwarded: 'for=203.0.113.2' }), '10.1.2.3');
    assert.equal(addressOf('10.1.2.3', { 'x-forwarded-for': '203.0.113.1' }, 'Forwarded'), '10.1.2.3');
  });
});
