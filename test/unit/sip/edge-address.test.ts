import assert from 'node:assert/strict';
import { edgeAddress, readListeners } from '#ucserver/sip/edge-address.ts';

const told = 'udp/0.0.0.0:5060,tcp/192.0.2.1:5060,tls/[2001:db8::1]:5061,wss/192.0.2.1:7443';

describe('address of an edge', () => {
  it('is what the edge says of itself, and the host where it listens everywhere', () => {
    assert.deepEqual(readListeners(told, '10.0.0.1', undefined), [
      { protocol: 'tcp', host: '192.0.2.1', port: 5060 },
      { protocol: 'udp', host: '10.0.0.1', port: 5060 },
      { protocol: 'tls', host: '2001:db8::1', port: 5061 },
      { protocol: 'wss', host: '192.0.2.1', port: 7443 },
    ]);
    assert.deepEqual(readListeners('', '10.0.0.1', undefined), []);
    assert.deepEqual(readListeners('sctp/192.0.2.1:5060,nonsense', '10.0.0.1', undefined), []);
  });

  it('is for other servers the one that was chosen, else the first without a WebSocket', () => {
    assert.equal(edgeAddress(readListeners(told, '10.0.0.1', 'tls'))?.protocol, 'tls');
    assert.equal(edgeAddress(readListeners(told, '10.0.0.1', undefined))?.protocol, 'tcp');
    assert.equal(edgeAddress(readListeners('ws/192.0.2.1:7080', '10.0.0.1', undefined)), undefined);
  });
});
