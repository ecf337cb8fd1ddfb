import assert from 'node:assert/strict';
import { srvRecords } from '#ucserver/sip/index.ts';

describe('SRV records', () => {
  it('name every server for each protocol, the safest first', () => {
    const records = srvRecords('example.test', [
      {
        serverId: 'one',
        listeners: [
          { protocol: 'udp', host: 'sip1.example.test', port: 5060 },
          { protocol: 'tls', host: 'sip1.example.test', port: 5061 },
          { protocol: 'wss', host: 'sip1.example.test', port: 443 },
        ],
      },
      { serverId: 'two', listeners: [{ protocol: 'udp', host: 'sip2.example.test', port: 5070 }] },
    ]);
    assert.deepEqual(records, [
      'example.test. 300 IN NAPTR 10 50 "s" "SIPS+D2T" "" _sips._tcp.example.test.',
      'example.test. 300 IN NAPTR 20 50 "s" "SIP+D2U" "" _sip._udp.example.test.',
      '_sips._tcp.example.test. 300 IN SRV 10 100 5061 sip1.example.test.',
      '_sip._udp.example.test. 300 IN SRV 10 100 5060 sip1.example.test.',
      '_sip._udp.example.test. 300 IN SRV 10 100 5070 sip2.example.test.',
    ]);
  });

  it('say which server names no host', () => {
    const records = srvRecords('example.test', [
      { serverId: 'one', listeners: [{ protocol: 'udp', host: '192.0.2.1', port: 5060 }] },
    ]);
    assert.deepEqual(records, ['; one tells the address 192.0.2.1 for udp: name a host in sip.listeners[].advertised']);
    assert.deepEqual(srvRecords('example.test', []), []);
  });
});
