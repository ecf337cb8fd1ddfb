import assert from 'node:assert/strict';
import { type ConversationId, type EntryId, type UserId, userIdSchema } from '#shared/ids.ts';
import type { Result } from '#shared/protocol/index.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { testProcedures } from '../../contract/database-procedures.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

const newId = () => randomId() as EntryId;
const send = (from: ChatClient, conversationId: ConversationId, text: string) =>
  from.ask('chat.send', { conversationId, entryId: newId(), body: { text } });
const heardIn = (client: ChatClient, conversationId: ConversationId) =>
  client.heard('chat.entry').filter((entry) => entry.conversationId === conversationId);

function seqOf(placed: Result<'chat.rename'>): number {
  if (!('seq' in placed)) throw new Error('it is pending');
  return placed.seq;
}

for (const servers of [1, 2]) {
  describe(`groups on ${servers} server${servers > 1 ? 's' : ''}`, function () {
    this.timeout(30_000);
    let world: World;
    let ada: ChatClient;
    let bob: ChatClient;
    let cleo: ChatClient;

    beforeEach(async () => {
      world = await World.start(servers);
      ada = world.first.signIn(world.ada);
      bob = world.last.signIn(world.bob);
      cleo = world.last.signIn(world.cleo);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const create = (more: object = {}) =>
      ada.ask('chat.createGroup', { entryId: newId(), title: 'Team', members: [world.bob], ...more });
    const log = async (client: ChatClient, conversationId: ConversationId) =>
      (await client.ask('chat.history', { conversationId })).entries.map(({ seq, kind }) => `${seq} ${kind}`);

    it('begins with who is in it, for everybody on all devices, and the same again when asked again', async () => {
      const phone = world.last.signIn(world.bob);
      const params = { entryId: newId(), title: 'Team', members: [world.bob, world.bob, world.ada] };
      const group = await ada.ask('chat.createGroup', params);
      assert.deepEqual(
        [group.kind, group.title, group.members, group.moderators, group.head.seq],
        ['group', 'Team', ['ada', 'bob'], ['ada'], 1],
      );
      for (const client of [bob, phone])
        await eventually(() =>
          assert.deepEqual(
            heardIn(client, group.conversationId).map(({ kind }) => kind),
            ['created'],
          ),
        );
      await send(bob, group.conversationId, 'hello');
      const again = await ada.ask('chat.createGroup', params);
      assert.deepEqual([again.conversationId, again.head.seq], [group.conversationId, 2]);
      assert.equal(await ada.refusal('chat.createGroup', { ...params, title: 'Other' }), 'ID_CONFLICT');
      assert.equal(await cleo.refusal('chat.history', { conversationId: group.conversationId }), 'NOT_FOUND');
      const { conversations } = await bob.ask('chat.conversations', {});
      assert.deepEqual(
        conversations.map(({ title, unread }) => [title, unread]),
        [['Team', 0]],
      );
    });

    it('tells somebody who is added at once, with what was written before; removed they get nothing further', async () => {
      const { conversationId } = await create();
      await send(ada, conversationId, 'before');
      await ada.ask('chat.addMembers', { conversationId, entryId: newId(), members: [world.cleo] });
      await eventually(() =>
        assert.deepEqual(
          heardIn(cleo, conversationId).map(({ kind }) => kind),
          ['members'],
        ),
      );
      assert.deepEqual(await log(cleo, conversationId), ['1 created', '2 message', '3 members']);
      await send(cleo, conversationId, 'hi');
      await send(bob, conversationId, 'welcome');
      await eventually(() =>
        assert.deepEqual(
          heardIn(ada, conversationId).map(({ seq }) => seq),
          [4, 5],
        ),
      );
      const remove = { conversationId, entryId: newId(), members: [world.cleo] };
      const removed = seqOf(await ada.ask('chat.removeMembers', remove));
      await eventually(() => assert.equal(heardIn(cleo, conversationId).at(-1)?.seq, removed));
      await send(ada, conversationId, 'among us');
      await eventually(() => assert.equal(heardIn(bob, conversationId).at(-1)?.seq, 7));
      await never(() => heardIn(cleo, conversationId).some(({ seq }) => seq > removed), 100, 'an entry for who has left');
      assert.equal(await cleo.refusal('chat.send', { conversationId, entryId: newId(), body: { text: 'x' } }), 'NOT_FOUND');
      const history = await cleo.ask('chat.history', { conversationId });
      assert.deepEqual([history.entries.at(-1)?.seq, history.head.seq], [6, 6]);
      const cursors = [{ conversationId, generation: history.head.generation, seq: 4 }];
      const { conversations } = await cleo.ask('chat.resume', { cursors });
      assert.deepEqual(
        conversations.map(({ conversation, entries }) => [
          conversation.left,
          conversation.members,
          entries.map(({ seq }) => seq),
        ]),
        [[true, [], [5, 6]]],
      );
      assert.equal((await cleo.ask('chat.conversations', {})).conversations[0]?.lastEntry?.seq, 6);
      assert.equal(seqOf(await ada.ask('chat.removeMembers', remove)), removed);
    });

    it('hides what was written before from new members when it was created so', async () => {
      const { conversationId } = await create({ historyVisible: false });
      await send(ada, conversationId, 'secret');
      await ada.ask('chat.addMembers', { conversationId, entryId: newId(), members: [world.cleo] });
      await eventually(() => assert.equal(heardIn(cleo, conversationId).length, 1));
      await send(ada, conversationId, 'public');
      await eventually(() => assert.equal(heardIn(cleo, conversationId).length, 2));
      assert.deepEqual(await log(cleo, conversationId), ['3 members', '4 message']);
      const { entries, more } = await cleo.ask('chat.history', { conversationId, after: 0 });
      assert.deepEqual([entries.map(({ seq }) => seq), more], [[3, 4], false]);
      const [source] = (await ada.ask('chat.history', { conversationId, after: 1 })).entries;
      const from = { conversationId, entryId: source?.entryId ?? newId() };
      const mine = await cleo.ask('chat.createGroup', { entryId: newId(), title: 'Mine', members: [world.cleo] });
      const stolen = { conversationId: mine.conversationId, entryId: newId(), from };
      assert.equal(await cleo.refusal('chat.forward', stolen), 'NOT_FOUND');
      const target = { conversationId, entryId: newId(), target: source?.entryId ?? newId() };
      assert.equal(await cleo.refusal('chat.react', { ...target, emoji: '👍', on: true }), 'NOT_FOUND');
      await ada.ask('chat.setRole', { conversationId, entryId: newId(), userId: world.cleo, role: 'moderator' });
      assert.equal(await cleo.refusal('chat.delete', target), 'NOT_FOUND');
      const [listed] = (await cleo.ask('chat.conversations', {})).conversations.filter(({ title }) => title === 'Team');
      assert.deepEqual([listed?.visibleFrom, listed?.unread], [3, 1]);
    });

    it('lets moderators decide who is in it and what it is called; one always remains', async () => {
      const { conversationId } = await create();
      await eventually(() => assert.equal(heardIn(bob, conversationId).length, 1));
      const on = () => ({ conversationId, entryId: newId() });
      const fromBob = [
        bob.refusal('chat.addMembers', { ...on(), members: [world.cleo] }),
        bob.refusal('chat.removeMembers', { ...on(), members: [world.ada] }),
        bob.refusal('chat.rename', { ...on(), title: 'Bob' }),
        bob.refusal('chat.setRole', { ...on(), userId: world.bob, role: 'moderator' }),
      ];
      assert.deepEqual(await Promise.all(fromBob), ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
      assert.equal(await ada.refusal('chat.setRole', { ...on(), userId: world.ada, role: 'member' }), 'BAD_REQUEST');
      assert.equal(await ada.refusal('chat.setRole', { ...on(), userId: world.cleo, role: 'moderator' }), 'NOT_FOUND');
      await ada.ask('chat.rename', { ...on(), title: 'Crew' });
      await eventually(() => assert.equal(heardIn(bob, conversationId).at(-1)?.kind, 'rename'));
      const leave = on();
      const left = await ada.ask('chat.leave', leave);
      assert.deepEqual(await ada.ask('chat.leave', leave), left);
      await eventually(() => assert.equal(heardIn(bob, conversationId).at(-1)?.seq, seqOf(left)));
      await eventually(async () => {
        const [conversation] = (await bob.ask('chat.conversations', {})).conversations;
        assert.deepEqual([conversation?.title, conversation?.members, conversation?.moderators], ['Crew', ['bob'], ['bob']]);
      });
      await bob.ask('chat.addMembers', { ...on(), members: [world.ada] });
      await eventually(() => assert.equal(heardIn(ada, conversationId).at(-1)?.kind, 'members'));
      assert.equal((await log(ada, conversationId)).length, 4);
    });

    it('lets only moderators write in a channel; all may react, a moderator may take back what others wrote', async () => {
      const { conversationId } = await create({ kind: 'channel' });
      const target = newId();
      await ada.ask('chat.send', { conversationId, entryId: target, body: { text: 'news', mentions: 'everybody' } });
      await eventually(() => assert.equal(heardIn(bob, conversationId).length, 2));
      assert.equal(await bob.refusal('chat.send', { conversationId, entryId: newId(), body: { text: 'x' } }), 'FORBIDDEN');
      assert.equal(await bob.refusal('chat.delete', { conversationId, entryId: newId(), target }), 'FORBIDDEN');
      await bob.ask('chat.react', { conversationId, entryId: newId(), target, emoji: '👍' });
      await ada.ask('chat.setRole', { conversationId, entryId: newId(), userId: world.bob, role: 'moderator' });
      await eventually(async () => await bob.ask('chat.delete', { conversationId, entryId: newId(), target }));
    });

    it('needs the right to chat with whom it adds, and keeps to its limits', async () => {
      world.block(world.ada, world.cleo);
      assert.equal(await ada.refusal('chat.createGroup', { entryId: newId(), title: 'x', members: [world.cleo] }), 'FORBIDDEN');
      const nobody = userIdSchema.parse('nobody');
      assert.equal(await ada.refusal('chat.createGroup', { entryId: newId(), title: 'x', members: [nobody] }), 'NOT_FOUND');
      const { conversationId } = await create();
      const add = { conversationId, entryId: newId(), members: [world.cleo] };
      assert.equal(await ada.refusal('chat.addMembers', add), 'FORBIDDEN');
      world.limits.groups.members = 2;
      assert.equal(
        await bob.refusal('chat.createGroup', { entryId: newId(), title: 'x', members: [world.ada, world.cleo] }),
        'TOO_LARGE',
      );
      world.limits.groups.groupsPerPerson = 1;
      assert.equal(await cleo.refusal('chat.createGroup', { entryId: newId(), title: 'x', members: [world.bob] }), 'TOO_LARGE');
      assert.equal(await ada.refusal('chat.createGroup', { entryId: newId(), title: ' ', members: [world.bob] }), 'BAD_REQUEST');
    });

    it('mutes for one person, on all their devices', async () => {
      const { conversationId } = await create();
      const phone = world.first.signIn(world.ada);
      await ada.ask('chat.mute', { conversationId, until: 1_900_000_000_000 });
      await eventually(() => assert.equal(phone.heard('chat.muted').at(-1)?.until, 1_900_000_000_000));
      assert.equal((await phone.ask('chat.conversations', {})).conversations[0]?.mutedUntil, 1_900_000_000_000);
      await eventually(async () =>
        assert.equal((await bob.ask('chat.conversations', {})).conversations[0]?.mutedUntil, undefined),
      );
      await phone.ask('chat.mute', { conversationId, until: null });
      assert.equal((await ada.ask('chat.conversations', {})).conversations[0]?.mutedUntil, undefined);
      assert.equal(await cleo.refusal('chat.mute', { conversationId, until: null }), 'NOT_FOUND');
    });
  });
}

describe('a group of 1,000 on two servers', function () {
  this.timeout(60_000);

  it('tells the other server of each entry once', async () => {
    await using world = await World.start(2);
    const people: UserId[] = Array.from({ length: 997 }, (_, index) => userIdSchema.parse(`p${index}`));
    const { database } = world.first.storage;
    await Promise.all(people.map((id) => database.run(testProcedures.addUser, { id, name: id, at: 1 })));
    for (const { storage } of world.servers) await storage.replica.refresh();
    const ada = world.first.signIn(world.ada);
    const everybody = [world.bob, world.cleo, ...people];
    const clients = everybody.slice(0, 200).map((userId, index) => (index % 2 === 0 ? world.first : world.last).signIn(userId));
    const { conversationId } = await ada.ask('chat.createGroup', {
      entryId: newId(),
      title: 'All',
      members: everybody.slice(0, 499),
    });
    await ada.ask('chat.addMembers', { conversationId, entryId: newId(), members: everybody.slice(499) });
    await eventually(() => assert.ok(clients.every((client) => heardIn(client, conversationId).length === 2)));
    const sent = world.first.countEvents('chat.committed');
    await send(ada, conversationId, 'to all');
    await eventually(() => assert.ok(clients.every((client) => heardIn(client, conversationId).length === 3)));
    assert.equal(sent(), 1);
    const full = { conversationId, entryId: newId(), members: [userIdSchema.parse('one-more')] };
    assert.equal(await ada.refusal('chat.addMembers', full), 'TOO_LARGE');
    const [listed] = (await ada.ask('chat.conversations', {})).conversations;
    assert.deepEqual([listed?.members.length, listed?.positions.length], [1_000, 1]);
    await clients[1]?.ask('chat.mark', { conversationId, read: 3 });
    await never(() => ada.heard('chat.position').length > 0, 100, 'a position of one of a thousand');
  });
});
