import assert from 'node:assert/strict';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import { type Person, say, textsOf } from '#test/support/person.ts';

describe('a UCServer is killed', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;
  let cleo: Person;
  let dave: Person;

  before(async () => {
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' }, cleo: { home: 'server-1' }, dave: { home: 'server-2' } },
      // People go home as soon as their server is well again; in production after a minute, at most fifty a second.
      sections: { signIn: { goHome: { afterMs: 3_000, restartWindowMs: 0 } } },
    });
    [ann, bob, cleo, dave] = await Promise.all([
      cluster.signIn('ann'),
      cluster.signIn('bob'),
      cluster.signIn('cleo'),
      cluster.signIn('dave'),
    ]);
    await Promise.all([ann.watch(bob, cleo, dave), bob.watch(ann, cleo, dave)]);
    assert.deepEqual([ann.server, bob.server], ['server-1', 'server-2']);
  });
  after(() => cluster[Symbol.asyncDispose]());

  it('its people go on elsewhere, are seen stale but never offline meanwhile, and no acknowledged message is lost', async () => {
    await bob.client.call('presence.set', { state: 'busy' });
    await bob.client.call('presence.setNote', { text: 'Back at three' });
    await ann.untilSees(bob, ({ note }) => note?.text === 'Back at three');
    const chat = await bob.chatWith(ann);
    // Somebody who sends all the time; what was acknowledged is remembered.
    const acknowledged: string[] = [];
    let sending = true;
    const sender = (async () => {
      for (let number = 1; sending; number++) {
        await say(chat, `message ${number}`, 20_000);
        acknowledged.push(`message ${number}`);
      }
    })();
    await eventually(() => acknowledged.length >= 20);
    // dave's client goes away with the server and does not come back.
    const before = bob.sessionId;
    const [killedMs] = [performance.now(), await cluster.server(1).kill()];
    await dave.leave();

    const staleMs = ann.untilSees(dave, ({ stale }) => stale === true, 8_000);
    measured('bob is signed in again', await bob.untilOpen(10_000, before), 5_000);
    assert.equal(bob.server, 'server-1');
    measured('dave is seen as stale', await staleMs, 3_000);
    await ann.untilSees(bob, ({ state, stale, note }) => state === 'busy' && !stale && note?.text === 'Back at three', 16_000);
    measured('bob is seen right again', performance.now() - killedMs, 8_000);
    await ann.untilSees(dave, 'offline', 20_000);
    measured('dave is seen as offline', performance.now() - killedMs, 8_000);
    const shown = ann.shownOffline(killedMs).filter(({ presence }) => presence.userId !== dave.userId);
    assert.deepEqual(shown, [], 'nobody else was ever shown as offline');
    assert.ok(
      ann.shownOffline(killedMs).every(({ atMs }) => atMs - killedMs > 7_000),
      'dave was not given up early',
    );

    sending = false;
    await sender;
    const count = acknowledged.length;
    await eventually(
      () => {
        if (ann.heard.length < count)
          throw new Error(
            `${ann.heard.length} of ${count}, missing ${acknowledged
              .filter((t) => !ann.heard.includes(t))
              .slice(0, 10)
              .join()}`,
          );
      },
      { withinMs: 5_000, what: 'ann has every message' },
    );
    assert.deepEqual(ann.heard, acknowledged, 'each once, in order');
    assert.deepEqual(textsOf(chat).slice(-5), acknowledged.slice(-5));
  });

  it('leaves no ghost', async () => {
    const { devices } = await bob.client.call('account.devices', {});
    assert.deepEqual(
      devices.map(({ serverId }) => serverId),
      ['server-1'],
    );
    assert.deepEqual(await cluster.server(0).knownServers(), ['server-1']);
  });

  it('is started again: its people go home and notice nothing', async () => {
    const [sinceMs, before] = [performance.now(), bob.sessionId];
    const startMs = await cluster.server(1).start();
    console.log(`        started again in ${Math.round(startMs)} ms`);
    await eventually(() => bob.server === 'server-2', { withinMs: 20_000, what: 'bob is at home' });
    assert.notEqual(bob.sessionId, before);
    await eventually(async () => (await bob.client.call('presence.own', {})).presence.note?.text === 'Back at three');
    await ann.untilSees(bob, ({ state, stale }) => state === 'busy' && !stale);
    assert.deepEqual([ann.server, cleo.server], ['server-1', 'server-1']);
    const states = ann.sightings.filter(({ atMs, presence }) => atMs > sinceMs && presence.userId === bob.userId);
    const flickers = states.filter(({ presence }) => presence.state !== 'busy' || presence.stale);
    assert.deepEqual(flickers, [], 'no flicker');
    const chat = await bob.chatWith(ann);
    await say(chat, 'home again');
    await eventually(() => ann.heard.at(-1) === 'home again');
  });
});
