import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import type { Person } from '#test/support/person.ts';
import { comparePresenceVersions } from '#web/api/index.ts';

const pausedMs = 10_000;

describe('a UCServer hangs for ten seconds and goes on', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: { home: 'server-2' } },
      sections: { signIn: { goHome: { enabled: false } } },
    });
    [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob')]);
    await ann.watch(bob);
    await bob.watch(ann);
    await bob.client.call('presence.set', { state: 'busy' });
    await ann.untilSees(bob, 'busy');
  });
  after(() => cluster[Symbol.asyncDispose]());

  it('its people go on elsewhere; it comes back as a new life that owns nobody twice, and nothing flickers', async () => {
    const before = bob.sessionId;
    const stoppedMs = performance.now();
    cluster.server(1).pause();
    const staleMs = ann.untilSees(bob, ({ stale }) => stale === true, 8_000);
    const backMs = await bob.untilOpen(20_000, before);
    measured('bob is seen as stale', await staleMs, 3_000);
    measured('bob is signed in elsewhere', backMs, 10_000);
    assert.equal(bob.server, 'server-1');
    await ann.untilSees(bob, 'busy');
    // The stopped server was asked nothing all this time; the test waits for the rest of the ten seconds to be over.
    await eventually(() => performance.now() - stoppedMs >= pausedMs, { withinMs: pausedMs + 1_000 });

    const resumedMs = performance.now();
    cluster.server(1).resume();
    await cluster.untilTogether();
    await eventually(async () => (await cluster.server(1).readiness()).status === 200, {
      withinMs: 5_000,
      what: 'it is ready again',
    });
    measured('it serves again', performance.now() - resumedMs, 3_000);
    // Somebody at home there signs in on it, and sees what the others see.
    const cleo = await cluster.signIn('cleo', 1);
    assert.equal(cleo.server, 'server-2');
    await cleo.watch(bob);
    await cleo.untilSees(bob, 'busy');
    await bob.client.call('presence.set', { state: 'doNotDisturb' });
    await Promise.all([cleo.untilSees(bob, 'doNotDisturb'), ann.untilSees(bob, 'doNotDisturb')]);
    assert.deepEqual(cleo.sees(bob)?.version, ann.sees(bob)?.version, 'one owner, one version');
    assert.equal(bob.server, 'server-1');
    const { devices } = await bob.client.call('account.devices', {});
    assert.deepEqual(
      devices.map(({ serverId }) => serverId),
      ['server-1'],
    );

    const sightings = ann.sightings
      .filter(({ atMs, presence }) => atMs > stoppedMs && presence.userId === bob.userId)
      .map(({ presence }) => presence);
    assert.deepEqual(ann.shownOffline(stoppedMs), [], 'never shown as offline');
    for (const [index, { version }] of sightings.entries()) {
      const earlier = sightings[index - 1];
      assert.ok(!earlier || comparePresenceVersions(version, earlier.version) >= 0, 'versions only rise');
    }
    const lateStale = ann.sightings.filter(({ atMs, presence }) => atMs > resumedMs && presence.stale);
    assert.deepEqual(lateStale, [], 'its return disturbs nobody');
  });
});
