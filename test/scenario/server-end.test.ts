import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { mintAccessTokens } from '#test/support/company.ts';
import { Crowd } from '#test/support/crowd.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import { say, textsOf } from '#test/support/person.ts';

describe('UCServers start and end', function () {
  this.timeout(90_000);

  it('SIGTERM drains: everybody is sent elsewhere, nobody is seen offline or stale, done within 10 s', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`person-${index}`, { home: 'server-2' }]));
    await using cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, ...many },
    });
    const [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob')]);
    const tokens = await mintAccessTokens(
      cluster.mesh,
      cluster.accounts.filter(({ name }) => name.startsWith('person')),
    );
    const crowd = new Crowd(
      tokens,
      cluster.servers.map(({ id, url }) => ({ id, url })),
    );
    await crowd.signIn(20_000);
    await ann.watch(bob, ...cluster.accounts.filter(({ name }) => name.startsWith('person')));
    await bob.client.call('presence.set', { state: 'busy' });
    await ann.untilSees(bob, 'busy');
    assert.ok(crowd.clients.every(({ server }) => server === 'server-2'));
    const chat = await bob.chatWith(ann);
    await say(chat, 'before');

    const sinceMs = performance.now();
    const before = bob.sessionId;
    const ended = cluster.server(1).terminate();
    chat.send('in the middle');
    const { tookMs, code } = await ended;
    measured('it has ended', tookMs, 10_000);
    assert.ok(tookMs <= 10_000 + 5_000, 'ten seconds are a limit, not an aim');
    assert.equal(code, 0);
    await bob.untilOpen(3_000, before);
    await crowd.untilSignedIn(3_000);
    assert.ok(bob.server === 'server-1' && crowd.clients.every(({ server }) => server === 'server-1'));
    await eventually(() => chat.outgoing.length === 0 && ann.heard.length === 2, { what: 'the message went along' });
    assert.deepEqual(textsOf(chat), ['before', 'in the middle']);
    const flickers = ann.sightings.filter(
      ({ atMs, presence }) => atMs > sinceMs && (presence.state === 'offline' || presence.stale),
    );
    assert.deepEqual(flickers, [], 'nobody was seen offline or stale');
    await ann.untilSees(bob, 'busy');
    assert.deepEqual(await cluster.server(0).knownServers(), ['server-1']);
    await crowd.stop();
  });

  it('five start at once on an empty database, and people who are added then can sign in on each', async () => {
    await using cluster = await Cluster.start({ servers: 5, started: false });
    const beganMs = performance.now();
    await cluster.startAll();
    console.log(`        five servers know each other after ${Math.round(performance.now() - beganMs)} ms`);
    const names = ['ann', 'bob', 'cleo', 'dora', 'emil'];
    await cluster.hire(Object.fromEntries(names.map((name, index) => [name, { home: `server-${index + 1}` }])));
    const people = await Promise.all(
      names.map(async (name, index) => {
        const person = cluster.person(name, (index + 2) % 5);
        // Servers learn of new people by the change feed within a second.
        await eventually(() => person.signIn(), { withinMs: 5_000, everyMs: 200 });
        return person;
      }),
    );
    assert.deepEqual(
      people.map(({ server }) => server),
      cluster.servers.map(({ id }) => id),
      'everybody is at home',
    );
    await Promise.all(people.map((person) => person.watch(...people.filter((other) => other !== person))));
    const [first] = people;
    assert.ok(first);
    await first.client.call('presence.set', { state: 'busy' });
    await Promise.all(people.slice(1).map((person) => person.untilSees(first, 'busy')));
  });
});
