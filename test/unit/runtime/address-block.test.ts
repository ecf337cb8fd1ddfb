import assert from 'node:assert/strict';
import { addressBlock } from '#shared/runtime/address-block.ts';

describe('address block', () => {
  it('is an IPv4 address itself', () => {
    assert.equal(addressBlock('192.0.2.1'), '192.0.2.1');
  });

  it('is the /64 of an IPv6 address, however that is written', () => {
    for (const address of ['2001:db8::1', '2001:DB8:0:0:ffff::', '2001:0db8:0000:0000:1:2:3:4', '2001:db8::192.0.2.1']) {
      assert.equal(addressBlock(address), '2001:db8:0:0', address);
    }
    assert.equal(addressBlock('2001:db8:1:2:3::4'), '2001:db8:1:2');
    assert.equal(addressBlock('::1'), '0:0:0:0');
    assert.notEqual(addressBlock('2001:db8:0:1::1'), addressBlock('2001:db8::1'));
  });
});
