import assert from 'node:assert/strict';
import type { ActId, UserId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { type Client, World } from '../presence/world.ts';

describe('contacts', () => {
  let world: World;
  let handles: HandleWatch;
  let ann: Client;
  let second: Client;

  before(async () => {
    handles = new HandleWatch();
    world = await World.start(['one'], ['ann', 'bob']);
    ann = await world.signIn('ann', world.first);
    second = await world.signIn('ann', world.first, 'second');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await handles.check();
  });

  const act = () => ({ actId: randomId() as ActId });
  const bob = 'bob' as UserId;
  const list = { favourites: [bob], groups: [{ id: 'g1', name: 'Team', members: [bob] }] };

  it('are empty at first, then what was put, on all devices', async () => {
    assert.deepEqual(await ann.ask('contacts.get', {}), { version: 0, favourites: [], groups: [] });
    const stored = await ann.ask('contacts.put', { ...act(), version: 0, ...list });
    assert.deepEqual(stored, { version: 1, ...list });
    assert.deepEqual(await second.ask('contacts.get', {}), stored);
    await eventually(() =>
      assert.deepEqual({ ...second.heard('contacts.changed').at(-1), event: undefined }, { ...stored, event: undefined }),
    );
  });

  it('refuse a stale list with the current one', async () => {
    const current = await ann.ask('contacts.get', {});
    const refused = await second.refusal('contacts.put', { ...act(), version: 0, favourites: [], groups: [] });
    assert.equal(refused.code, 'VERSION_CONFLICT');
    assert.deepEqual(refused.details?.current, current);
  });

  it('let only one of two who change the same version win', async () => {
    const { version } = await ann.ask('contacts.get', {});
    const put = (client: Client) => client.ask('contacts.put', { ...act(), version, ...list });
    const results = await Promise.allSettled([put(ann), put(second)]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await ann.ask('contacts.get', {})).version, version + 1);
  });

  it('answer a repeated act as the first time', async () => {
    const { version } = await ann.ask('contacts.get', {});
    const params = { ...act(), version, ...list };
    const first = await ann.ask('contacts.put', params);
    world.first.dispatcher.acts.handOver(ann.userId);
    assert.deepEqual(await second.ask('contacts.put', params), first);
  });

  it('refuse who stands there twice, naming the place', async () => {
    const { version } = await ann.ask('contacts.get', {});
    const field = async (favourites: UserId[], groups: typeof list.groups) =>
      (await ann.refusal('contacts.put', { ...act(), version, favourites, groups })).field;
    assert.equal(await field([bob, bob], []), 'params.favourites.1');
    assert.equal(await field([], [{ id: 'g', name: 'G', members: [bob, bob] }]), 'params.groups.0.members.1');
    const group = { id: 'g', name: 'G', members: [] };
    assert.equal(await field([], [group, group]), 'params.groups.1');
  });
});
