import assert from 'node:assert/strict';
import { incarnationId, type UserId } from '#shared/ids.ts';
import { presenceRelease } from '#shared/mesh/contracts/presence.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { expectNoKeys, HandleWatch } from '#test/support/leaks.ts';
import { replicaParts } from '#ucserver/database/index.ts';
import { type Client, World } from './world.ts';

const people = ['ann', 'bob', 'cleo'];

describe('presence when something is lost', () => {
  let world: World;
  let handles: HandleWatch;
  let ann: Client;
  let bob: Client;

  beforeEach(async () => {
    handles = new HandleWatch();
    world = await World.start(['one', 'two'], people, { signIn: { goneAfterMs: 1_500 } });
    ann = await world.signIn('ann', world.first);
    bob = await world.signIn('bob', world.last);
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
    await handles.check();
  });

  const nobodySawOffline = () => assert.ok(bob.told('ann').every(({ state }) => state !== 'offline'));

  it('repairs a change that was lost on the way by the digest', async () => {
    await bob.watch('ann');
    world.first.muted.add('presence.changed');
    await ann.set({ state: 'busy' });
    await bob.sees('ann', { state: 'busy' });
    assert.ok((world.first.sent.get('presence.changed') ?? 0) > 0);
    assert.ok((world.last.sent.get('presence.register') ?? 0) > 1);
  });

  it('repairs a registration that the owner has lost by the digest', async () => {
    await bob.watch('ann');
    const { presence } = world.first;
    assert.equal(presence.counts().interests, 1);
    world.last.cluster.mesh.send(world.first.id, presenceRelease, { users: [{ userId: ann.userId, watchers: [bob.userId] }] });
    await eventually(() => presence.counts().interests === 0, { what: 'the owner has forgotten' });
    await eventually(() => presence.counts().interests === 1, { what: 'the registration is repaired' });
    await ann.set({ state: 'away' });
    await bob.sees('ann', { state: 'away' });
    nobodySawOffline();
  });

  it('lets go of a registration whose end was lost', async () => {
    await bob.watch('ann');
    world.last.muted.add('presence.release');
    await bob.leave();
    await eventually(() => world.first.presence.counts().interests === 0, { what: 'the owner has forgotten' });
  });

  it('marks stale who is out of reach, and is right again soon after, without anybody seeming offline', async () => {
    await bob.watch('ann');
    await world.last.link.refuse();
    await bob.sees('ann', { state: 'available', stale: true }, 5_000);
    assert.equal((await bob.get('ann'))?.stale, true);
    const [unknown] = (await bob.watch('cleo')) as [unknown];
    assert.ok(unknown);
    await ann.set({ state: 'busy' });
    await world.last.link.heal();
    await bob.sees('ann', { state: 'busy', stale: undefined }, 8_000);
    nobodySawOffline();
  });

  it('shows the people of a dead server stale, then offline as of its death', async () => {
    await ann.setNote({ text: 'At my desk' });
    await bob.watch('ann');
    await eventually(() => world.first.presence.counts().unsaved === 0);
    const died = Date.now();
    await world.crash(world.first);
    await bob.sees('ann', { state: 'available', stale: true }, 6_000);
    nobodySawOffline();
    const gone = await bob.sees('ann', { state: 'offline', stale: undefined, note: { text: 'At my desk' } }, 6_000);
    // As of when its server was heard last; a busy machine hears later.
    assert.ok((gone.lastSeen ?? 0) >= died - 5_000 && (gone.lastSeen ?? 0) <= Date.now());
    assert.ok(Number.isInteger(gone.lastSeen));
    await eventually(async () => assert.equal((await bob.get('ann'))?.lastSeen, gone.lastSeen));
    await eventually(
      () => {
        const row = world.first.storage.replica.items(replicaParts.userPresence).get('ann');
        assert.equal(row?.last_seen, gone.lastSeen);
      },
      { what: 'when ann was seen last is stored' },
    );
  });

  it('does not betray who appeared offline when their server dies', async () => {
    await bob.watch('ann');
    await ann.set({ state: 'offline' });
    const before = await bob.sees('ann', { state: 'offline' });
    await eventually(() => world.first.presence.counts().unsaved === 0);
    await world.crash(world.first);
    await bob.sees('ann', { stale: true }, 6_000);
    const after = await bob.sees('ann', { stale: undefined }, 6_000);
    assert.ok(Math.abs((after.lastSeen ?? 0) - (before.lastSeen ?? 0)) < 50, `${after.lastSeen} and ${before.lastSeen}`);
  });

  it('goes on where a dead server has ended, when its people come back', async () => {
    await ann.set({ state: 'doNotDisturb' });
    const [before] = await bob.watch('ann');
    await redisHolds(world, 'ann', 'doNotDisturb');
    await world.crash(world.first);
    await bob.sees('ann', { stale: true }, 6_000);
    await world.signIn('ann', world.last);
    const after = await bob.sees('ann', { state: 'doNotDisturb', stale: undefined });
    assert.equal(after.since, before?.since);
    nobodySawOffline();
  });

  it('hands everything over when somebody moves', async () => {
    await ann.set({ state: 'busy', until: Date.now() + 60_000 });
    await ann.setNote({ text: 'Moving' });
    const [before] = await bob.watch('ann');
    const cleo = await world.signIn('cleo', world.first);
    await cleo.watch('ann');
    assert.deepEqual(await world.first.ownership.offer([ann.userId], world.last.cluster.self), ['ann']);
    await world.signIn('ann', world.last);
    const after = await cleo.sees('ann', { state: 'busy', note: { text: 'Moving' } });
    await eventually(async () => assert.equal((await bob.get('ann'))?.version[1], 'two'));
    assert.equal((await bob.get('ann'))?.since, before?.since);
    assert.deepEqual(after.activities, before?.activities);
    for (const client of [bob, cleo]) assert.ok(client.told('ann').every(({ state }) => state === 'busy'));
  });

  it('remembers what was set by hand when all servers were dead', async () => {
    await ann.set({ state: 'offline' });
    await ann.setNote({ text: 'Secret' });
    await eventually(() => world.first.presence.counts().unsaved === 0);
    await world.crash(world.first);
    await world.crash(world.last);
    const one = await world.addServer('one');
    await eventually(() => one.cluster.mayWrite, { withinMs: 8_000 });
    ann = await world.signIn('ann', one);
    bob = await world.signIn('bob', one);
    assert.deepEqual((await ann.ask('presence.own', {})).manual, { state: 'offline', setBy: 'ann' });
    const seen = await bob.get('ann');
    assert.deepEqual([seen?.state, seen?.note], ['offline', { text: 'Secret' }]);
  });

  it('keeps what is set while SQL is away, and stores the last value when it is back', async () => {
    await bob.watch('ann');
    const lock = world.lockDatabase();
    try {
      await ann.set({ state: 'busy' });
      await bob.sees('ann', { state: 'busy' });
      await ann.setNote({ text: 'first' });
      await ann.setNote({ text: 'second' });
      await bob.sees('ann', { note: { text: 'second' } });
      assert.ok(world.first.presence.counts().unsaved > 0);
      await never(() => world.first.presence.counts().unsaved === 0, 300, 'it was stored');
    } finally {
      lock.release();
    }
    await eventually(() => world.first.presence.counts().unsaved === 0, { withinMs: 8_000, what: 'it is stored' });
    await ann.leave();
    await eventually(async () => assert.equal((await bob.get('ann'))?.note?.text, 'second'));
  });

  it('leaves nothing in Redis when everybody has gone', async () => {
    await ann.set({ state: 'busy' });
    await redisHolds(world, 'ann', 'busy');
    await Promise.all([ann.leave(), bob.leave()]);
    const client = world.redis.client();
    await expectNoKeys(client, [/members|lives|tombstones|reaper/], 4_000);
    client.disconnect();
  });
});

/** What the next owner needs stands there. */
async function redisHolds(world: World, name: string, text: string): Promise<void> {
  const client = world.redis.client();
  const { keys, self } = world.first.cluster;
  const key = keys.userState(incarnationId(self), name as UserId);
  await eventually(async () => (await client.get(key))?.includes(text) ?? false, { what: 'Redis holds the state' });
  client.disconnect();
}
