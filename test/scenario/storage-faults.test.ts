import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { DatabaseLock } from '#test/support/database-lock.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import { type Person, say } from '#test/support/person.ts';

describe('SQL is away', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: { home: 'server-2' }, dora: { home: 'server-1' } },
    });
    [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob')]);
    await ann.watch(bob);
    await bob.watch(ann);
  });
  after(() => cluster[Symbol.asyncDispose]());

  it('because a stopped process holds the lock: people sign in and see each other, and no message is lost', async () => {
    const chat = await ann.chatWith(bob);
    await say(chat, 'before');
    await eventually(() => bob.heard.length === 1);
    await using lock = await DatabaseLock.hold(cluster.mesh.databaseFile);
    const sentMs = performance.now();
    chat.send('keep this');
    // The servers keep it where they can; else the client does.
    const isKept = () => bob.heard.length === 2 || chat.outgoing[0]?.state === 'failed';
    await eventually(isKept, { withinMs: 10_000, what: 'the message is kept' });
    measured('the message is kept', performance.now() - sentMs, 2_000);
    await eventually(() => ann.client.reach.database === 'down', { what: 'the page says what is out of reach' });

    const beganMs = performance.now();
    const cleo = await cluster.signIn('cleo');
    console.log(`        somebody signed in within ${Math.round(performance.now() - beganMs)} ms`);
    await cleo.watch(ann, bob);
    await ann.watch(cleo);
    await cleo.client.call('presence.set', { state: 'busy' });
    measured('a change is seen on the other server', await ann.untilSees(cleo, 'busy'), 500);
    await bob.client.call('presence.setNote', { text: 'no database' });
    await ann.untilSees(bob, ({ note }) => note?.text === 'no database');
    // What changes the company is refused, and says why.
    await assert.rejects(
      ann.client.call('contacts.put', { version: 0, favourites: [bob.userId], groups: [] }, { timeoutMs: 10_000 }),
      {
        code: 'STORAGE_UNAVAILABLE',
      },
    );

    // Without Redis too, nobody but the client can keep a message.
    const withCleo = await ann.chatWith(cleo);
    cluster.redis.pause();
    // Before that is known, nobody can say whether Redis has taken a message.
    await eventually(() => ann.client.reach.mesh === 'down' && ann.client.reach.outbox === 'down', { withinMs: 5_000 });
    const refusedMs = performance.now();
    withCleo.send('keep this too');
    await eventually(() => withCleo.outgoing[0]?.state === 'failed', { withinMs: 10_000, what: 'the sender is told' });
    measured('the sender is told', performance.now() - refusedMs, 2_000);
    const [kept] = withCleo.outgoing;
    assert.deepEqual([kept?.error?.code, kept?.text], ['STORAGE_UNAVAILABLE', 'keep this too']);
    cluster.redis.resume();

    const releasedMs = performance.now();
    await lock.release();
    await eventually(() => bob.heard.length === 2 && cleo.heard.length === 1, {
      withinMs: 10_000,
      what: 'they go by themselves',
    });
    measured('the messages have arrived', performance.now() - releasedMs, 3_000);
    assert.deepEqual([bob.heard, cleo.heard], [['before', 'keep this'], ['keep this too']]);
    await eventually(() => chat.outgoing.length === 0 && withCleo.outgoing.length === 0);
    // Who signs in is seen as offline until that is known.
    const shown = [ann, bob].flatMap((person) => person.shownOffline(sentMs));
    assert.deepEqual(
      shown.filter(({ presence }) => presence.userId !== cleo.userId),
      [],
      'nobody was shown as offline',
    );
    await cleo.leave();
  });

  it('when both servers start: they start from their snapshots, people sign in and see each other', async () => {
    await Promise.all(cluster.servers.map((server) => server.terminate()));
    await using lock = await DatabaseLock.hold(cluster.mesh.databaseFile, 'everything');
    const startMs = await Promise.all(cluster.servers.map((server) => server.start()));
    console.log(`        started from snapshots in ${startMs.map(Math.round).join(' and ')} ms`);
    await cluster.untilTogether();
    const [dora, cleo] = await Promise.all([cluster.signIn('dora'), cluster.signIn('cleo')]);
    assert.deepEqual([dora.server, cleo.server], ['server-1', 'server-2']);
    await dora.watch(cleo);
    await cleo.client.call('presence.set', { state: 'doNotDisturb' });
    await dora.untilSees(cleo, 'doNotDisturb');
    assert.equal(dora.client.reach.database, 'down');
    // The clients that were signed in before come back by themselves, without a password.
    await Promise.all([ann.untilOpen(15_000), bob.untilOpen(15_000)]);

    await lock.release();
    await eventually(() => dora.client.reach.database === 'up' && ann.client.reach.database === 'up', {
      withinMs: 10_000,
      what: 'SQL is back',
    });
    const chat = await dora.chatWith(cleo);
    await say(chat, 'here we are');
    const arrived = () => cleo.chats.with(dora.userId)?.log.entries.at(-1)?.body.text === 'here we are';
    await eventually(arrived, { withinMs: 6_000, what: 'the message has arrived' });
    await cluster.hire({ emil: { home: 'server-1' } });
    const emil = cluster.person('emil');
    await eventually(() => emil.signIn(), { withinMs: 5_000, everyMs: 200, what: 'the change feed is followed again' });
  });
});
