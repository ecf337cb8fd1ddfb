import assert from 'node:assert/strict';
import { ManualClock } from '#test/support/manual-clock.ts';
import { OldPhones } from '#ucserver/sip/old-phones.ts';

describe('phones that give up on SHA-256', () => {
  let clock: ManualClock;
  let phones: OldPhones;
  const ask = (name = 'desk', address = '192.0.2.1') => phones.challenged(address, name);

  beforeEach(() => {
    clock = new ManualClock();
    phones = new OldPhones(clock);
  });

  it('are asked for MD5 alone when they come again without an answer', () => {
    assert.equal(ask(), false);
    clock.advance(500);
    assert.equal(ask(), false, 'two requests that cross');
    clock.advance(30_000);
    assert.equal(ask('other'), false);
    assert.equal(ask('desk', '192.0.2.2'), false);
    assert.equal(ask(), true);
    phones.proved('192.0.2.1', 'desk', 'MD5');
    clock.advance(23 * 3_600_000);
    assert.equal(ask(), true, 'it is known');
  });

  it('are not taken for it when they answer, or come after a long time', () => {
    ask();
    phones.proved('192.0.2.1', 'desk', 'SHA-256');
    clock.advance(30_000);
    assert.equal(ask(), false);
    clock.advance(601_000);
    assert.equal(ask(), false);
    clock.advance(30_000);
    assert.equal(ask(), true);
    phones.proved('192.0.2.1', 'desk', 'SHA-256');
    clock.advance(30_000);
    assert.equal(ask(), false, 'it has learnt it');
  });

  it('do not fill the memory', () => {
    ask('first');
    for (let index = 0; index < 10_000; index++) ask(`phone${index}`);
    clock.advance(30_000);
    assert.equal(ask('first'), false);
    assert.equal(ask('phone9999'), true);
  });
});
