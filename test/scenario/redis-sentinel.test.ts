import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import { say } from '#test/support/person.ts';
import { RedisSentinels } from '#test/support/redis-sentinel.ts';

describe('three sentinels replace a Redis that could not pass on its last writes', function () {
  this.timeout(90_000);

  it('everybody stays signed in, nobody seems offline, and all is right within 2 s of the new one', async () => {
    await using sentinels = await RedisSentinels.start();
    await using cluster = await Cluster.start({
      redis: sentinels,
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: { home: 'server-2' } },
    });
    const [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob')]);
    await ann.watch(bob);
    await bob.watch(ann);
    const sessions = [ann.sessionId, bob.sessionId];
    let sinceMs = 0;
    const cleo = cluster.person('cleo', 1);
    await sentinels.failOver(async () => {
      // Who signs in now, and what they set, stands only in the Redis that dies.
      sinceMs = performance.now();
      await cleo.signIn();
      await cleo.client.call('presence.set', { state: 'busy' });
      await bob.client.call('presence.set', { state: 'doNotDisturb' });
      await ann.watch(cleo);
      await Promise.all([ann.untilSees(cleo, 'busy'), ann.untilSees(bob, 'doNotDisturb')]);
    });
    const promotedMs = performance.now();
    await eventually(() => [ann, bob, cleo].every(({ client }) => client.reach.mesh === 'up'), {
      withinMs: 10_000,
      what: 'the mesh is up',
    });
    await Promise.all([
      ann.untilSees(cleo, 'busy', 10_000),
      ann.untilSees(bob, 'doNotDisturb', 10_000),
      bob.untilSees(ann, 'available', 10_000),
    ]);
    measured('all states are right again', performance.now() - promotedMs, 2_000);
    const chat = await cleo.chatWith(ann);
    await say(chat, 'still here');
    await eventually(() => ann.heard.includes('still here'));
    await bob.client.call('presence.set', { state: 'away' });
    await ann.untilSees(bob, 'away');

    const people = [ann, bob, cleo];
    const offline = people.flatMap((person) => person.shownOffline(sinceMs));
    // Who signs in is seen as offline until that is known.
    const isNew = (userId: string, atMs: number) => userId === cleo.userId && atMs < promotedMs;
    assert.deepEqual(
      offline.filter(({ atMs, presence }) => !isNew(presence.userId, atMs)),
      [],
      'nobody was ever shown as offline',
    );
    assert.deepEqual([ann.sessionId, bob.sessionId], sessions, 'nobody was signed out');
    await cluster.untilTogether();
  });
});
