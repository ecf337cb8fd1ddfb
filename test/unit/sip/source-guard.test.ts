import assert from 'node:assert/strict';
import { ManualClock } from '#test/support/manual-clock.ts';
import { SourceGuard } from '#ucserver/sip/source-guard.ts';

const office = '192.0.2.1';

describe('guard against scanners', () => {
  let clock: ManualClock;
  let guard: SourceGuard;
  const isHeard = (address: string, name: string) => guard.blockedForMs(address, () => name) === 0;
  const fail = (times: number, address: string, name: (attempt: number) => string) => {
    for (let attempt = 0; attempt < times; attempt++) guard.failed(address, name(attempt));
  };

  beforeEach(() => {
    clock = new ManualClock();
    guard = new SourceGuard(clock);
  });

  it('does not hear one phone with a wrong secret for a minute, and all others behind its address', async () => {
    fail(5, office, () => 'old');
    assert.ok(isHeard(office, 'old'));
    fail(1, office, () => 'old');
    assert.ok(!isHeard(office, 'old'));
    assert.ok(isHeard(office, 'desk'));
    assert.ok(isHeard('192.0.2.2', 'old'), 'elsewhere it may be right');
    await clock.advance(60_000);
    assert.ok(isHeard(office, 'old'));
    // It goes on all day.
    for (let minute = 0; minute < 100; minute++) {
      fail(6, office, () => 'old');
      await clock.advance(60_000);
    }
    assert.ok(isHeard(office, 'desk'));
  });

  it('does not hear a network that tries many names, except devices that were right there before', async () => {
    guard.proved(office, 'desk');
    fail(21, office, (attempt) => `guess${attempt}`);
    assert.ok(!isHeard(office, 'guess99'));
    assert.ok(isHeard(office, 'desk'));
    assert.ok(isHeard('192.0.2.2', 'guess99'));
    await clock.advance(600_000);
    assert.ok(isHeard(office, 'guess99'));
  });

  it('counts an IPv6 network as one address', () => {
    fail(21, '2001:db8:0:1::5', (attempt) => `guess${attempt}`);
    assert.ok(!isHeard('2001:db8:0:1:ffff::9', 'other'));
    assert.ok(isHeard('2001:db8:0:2::5', 'other'));
  });

  it('forgets failures in time', async () => {
    fail(5, office, () => 'desk');
    await clock.advance(150_000);
    fail(5, office, () => 'desk');
    assert.ok(isHeard(office, 'desk'));
    guard.failed(office, 'desk');
    guard.proved(office, 'desk');
    assert.ok(isHeard(office, 'desk'), 'the right secret ends it');
  });
});
