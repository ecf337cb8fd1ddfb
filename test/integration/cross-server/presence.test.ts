import assert from 'node:assert/strict';
import { eventually, never } from '#test/support/eventually.ts';
import type { Person } from '#test/support/person.ts';
import { onOneAndTwoServers } from './places.ts';

const people = ({ here, there }: { here: string; there: string }) => ({
  people: { ann: { home: here }, bob: { home: there }, cleo: { home: there } },
});

onOneAndTwoServers('presence', people, (stage, places) => {
  let ann: Person;
  let bob: Person;

  before(async () => {
    [ann, bob] = await Promise.all([stage().signIn('ann'), stage().signIn('bob')]);
    await ann.watch(bob);
    await bob.watch(ann);
  });
  afterEach(async () => {
    await bob.client.call('presence.set', { state: null });
    await bob.client.call('presence.setNote', { text: null });
    await ann.untilSees(bob, ({ state, note }) => state === 'available' && note === undefined);
  });

  it('serves people at home and shows them to each other', () => {
    assert.deepEqual([ann.server, bob.server], [places.here, places.there]);
    assert.deepEqual([ann.sees(bob)?.state, bob.sees(ann)?.state], ['available', 'available']);
    assert.deepEqual(ann.sees(bob)?.devices, ['browser']);
  });

  it('tells each state, and why', async () => {
    for (const state of ['busy', 'doNotDisturb', 'away', 'available'] as const) {
      await bob.client.call('presence.set', { state });
      await ann.untilSees(bob, state);
      assert.deepEqual(ann.sees(bob)?.activities, [{ kind: 'manual' }], state);
    }
  });

  it('tells a note, which ends by itself', async () => {
    await bob.client.call('presence.setNote', { text: 'At the dentist', until: Date.now() + 2_000 });
    await ann.untilSees(bob, ({ note }) => note?.text === 'At the dentist');
    await ann.untilSees(bob, ({ note }) => note === undefined);
  });

  it('ends a state by itself at its time', async () => {
    const until = Date.now() + 2_000;
    await bob.client.call('presence.set', { state: 'doNotDisturb', until });
    await ann.untilSees(bob, 'doNotDisturb');
    assert.equal(ann.sees(bob)?.activities?.[0]?.until, until);
    await ann.untilSees(bob, 'available');
    assert.ok(Date.now() >= until - 50, 'not before its time');
  });

  it('shows who appears offline as offline, and themselves what they are', async () => {
    await bob.client.call('presence.set', { state: 'offline' });
    await ann.untilSees(bob, 'offline');
    const { presence, ...shown } = ann.sees(bob) as NonNullable<ReturnType<Person['sees']>> & { presence?: never };
    assert.equal(presence, undefined);
    assert.equal(shown.devices, undefined, 'nothing gives it away');
    const own = await bob.client.call('presence.own', {});
    assert.deepEqual([own.manual?.state, own.automatic], ['offline', 'available']);
  });

  it('becomes away when no device is active', async () => {
    bob.client.setActivity('idle', false);
    await ann.untilSees(bob, 'away');
    assert.deepEqual(
      ann.sees(bob)?.activities?.map(({ kind }) => kind),
      ['inactive'],
    );
    bob.client.setActivity('active', false);
    await ann.untilSees(bob, 'available');
  });

  it('lets others set it by right, and says who did', async () => {
    await ann.client.call('presence.set', { userId: bob.userId, state: 'busy' });
    await ann.untilSees(bob, 'busy');
    await eventually(async () => (await bob.client.call('presence.own', {})).manual?.setBy === ann.userId);
  });

  it('lets the state of somebody who is signed in nowhere be set', async () => {
    const cleo = stage().account('cleo');
    await ann.watch(cleo);
    await bob.client.call('presence.setNote', { userId: cleo.userId, text: 'On leave' });
    await ann.untilSees(cleo, ({ state, note }) => state === 'offline' && note?.text === 'On leave');
    await bob.client.call('presence.setNote', { userId: cleo.userId, text: null });
    await ann.untilSees(cleo, ({ note }) => note === undefined);
  });

  it('sums up all devices, keeps who comes back without a flicker, and tells when the last has gone', async () => {
    const phone = await stage().signIn('cleo', 0, 'Phone');
    const laptop = await stage().signIn('cleo', 0, 'Laptop');
    await ann.watch(phone);
    await ann.untilSees(phone, 'available');
    const sinceMs = performance.now();
    await laptop.leave();
    await never(() => ann.shownOffline(sinceMs).length > 0, 300, 'she is shown as offline');
    await phone.leave();
    await ann.untilSees(phone, 'offline');
    assert.ok((ann.sees(phone)?.lastSeen ?? 0) > Date.now() - 10_000);
  });
});
