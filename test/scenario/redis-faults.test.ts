import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { DatabaseLock } from '#test/support/database-lock.ts';
import { eventually } from '#test/support/eventually.ts';
import { keysOf } from '#test/support/leaks.ts';
import { measured } from '#test/support/measured.ts';
import { type Person, say, textsOf } from '#test/support/person.ts';

interface Fault {
  readonly what: string;
  readonly begin: (cluster: Cluster) => void | Promise<void>;
  readonly end: (cluster: Cluster) => void | Promise<void>;
}

const faults: readonly Fault[] = [
  { what: 'is killed and starts again empty', begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.restart() },
  { what: 'hangs', begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume() },
  {
    what: 'is cut off from one server only',
    begin: (cluster) => cluster.server(1).redisLink.cut(),
    end: (cluster) => cluster.server(1).redisLink.heal(),
  },
  {
    what: 'does not hear one server any more',
    begin: (cluster) => cluster.server(1).redisLink.hang('toTarget'),
    end: (cluster) => cluster.server(1).redisLink.heal(),
  },
];

describe('Redis', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;
  let cleo: Person;
  let round = 0;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: { home: 'server-1' }, dora: { home: 'server-2' } },
    });
    [ann, bob, cleo] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob'), cluster.signIn('cleo')]);
    await Promise.all([ann.watch(bob, cleo), bob.watch(ann, cleo), cleo.watch(ann, bob)]);
  });
  after(() => cluster[Symbol.asyncDispose]());

  for (const { what, begin, end } of faults) {
    it(`${what}: people go on with each other, chat crosses servers, and all is right soon after`, async () => {
      round += 1;
      const people = [ann, bob, cleo];
      const sessions = people.map(({ sessionId }) => sessionId);
      await Promise.all(people.map((person) => person.client.call('presence.set', { state: 'available' })));
      await bob.client.call('presence.setNote', { text: `round ${round}` });
      await ann.untilSees(bob, ({ state, note }) => state === 'available' && note?.text === `round ${round}`);
      await bob.untilSees(ann, 'available');

      const brokenMs = performance.now();
      await begin(cluster);
      await ann.untilSees(bob, ({ stale }) => stale === true, 8_000);
      measured('bob is seen as stale', performance.now() - brokenMs, 3_000);
      await eventually(() => bob.client.reach.mesh === 'down', { withinMs: 5_000, what: 'the page says what is out of reach' });

      // People of one server go on with each other.
      await cleo.client.call('presence.set', { state: 'busy' });
      measured('cleo is seen as busy on her own server', await ann.untilSees(cleo, 'busy'), 500);
      // Chat crosses servers through SQL.
      const chat = await ann.chatWith(bob);
      const saidMs = performance.now();
      await say(chat, `while Redis ${what}`);
      await eventually(() => bob.heard.at(-1) === `while Redis ${what}`, { withinMs: 5_000, what: 'bob hears it' });
      measured('chat crosses servers', performance.now() - saidMs, 2_000);
      // Something changes that nobody elsewhere can hear of now, and somebody signs in.
      await bob.client.call('presence.set', { state: 'doNotDisturb' });
      const dora = await cluster.signIn('dora', 1, `Round ${round}`);
      assert.equal(dora.server, 'server-2');

      const healedMs = performance.now();
      await end(cluster);
      await Promise.all([
        ann.untilSees(bob, 'doNotDisturb', 10_000),
        bob.untilSees(cleo, 'busy', 10_000),
        bob.untilSees(ann, 'available', 10_000),
        cleo.untilSees(bob, 'doNotDisturb', 10_000),
      ]);
      measured('all states are right again', performance.now() - healedMs, 2_000);
      await eventually(() => people.every(({ client }) => client.reach.mesh === 'up'));
      await ann.watch(dora);
      await ann.untilSees(dora, 'available');

      const ids = people.map(({ userId }) => userId);
      const offline = people
        .flatMap((person) => person.shownOffline(brokenMs))
        .filter(({ presence }) => ids.includes(presence.userId));
      assert.deepEqual(offline, [], 'nobody was ever shown as offline');
      assert.deepEqual(
        people.map(({ sessionId }) => sessionId),
        sessions,
        'nobody was signed out',
      );
      assert.deepEqual((await cluster.server(0).knownServers()).sort(), ['server-1', 'server-2']);
      await dora.leave();
    });
  }

  it('is emptied while it runs: what the servers hold stands there again, nobody notices, and what is pending is safe', async () => {
    const people = [ann, bob, cleo];
    const sessions = people.map(({ sessionId }) => sessionId);
    const chat = await ann.chatWith(bob);
    await using lock = await DatabaseLock.hold(cluster.mesh.databaseFile);
    await say(chat, 'while SQL is away', 20_000);
    await bob.client.call('presence.setNote', { text: 'kept' });
    const client = cluster.redis.client();
    // Leases come and go by themselves.
    const before = (await keysOf(client)).filter((key) => !/reaper|drainer/.test(key));

    const emptiedMs = performance.now();
    await cluster.redis.flush();
    await eventually(
      async () => {
        const keys = new Set(await keysOf(client));
        assert.deepEqual(
          before.filter((key) => !keys.has(key)),
          [],
        );
      },
      { withinMs: 8_000, everyMs: 20 },
    );
    measured('Redis holds everything again', performance.now() - emptiedMs, 2_000);
    client.disconnect();
    await cluster.untilKept(bob, 'kept');
    const offline = people.flatMap((person) => person.shownOffline(emptiedMs));
    assert.deepEqual(offline, [], 'nobody was shown as offline');
    assert.deepEqual(
      people.map(({ sessionId }) => sessionId),
      sessions,
      'nobody was signed out',
    );

    // The spool is gone with its server, so only what was added to Redis again can be stored.
    await cluster.server(0).kill();
    await lock.release();
    const theirs = await bob.chatWith(ann);
    await eventually(() => theirs.log.pending.length === 0, { withinMs: 20_000, what: 'what was pending is stored' });
    assert.equal(textsOf(theirs).filter((text) => text === 'while SQL is away').length, 1);
  });
});
