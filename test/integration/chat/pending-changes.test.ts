import assert from 'node:assert/strict';
import type { ConversationId, EntryId } from '#shared/ids.ts';
import type { Result } from '#shared/protocol/index.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

const newId = () => randomId() as EntryId;
const isPending = (taken: Result<'chat.edit'>) => 'pending' in taken;

describe('changes while SQL is away', function () {
  this.timeout(60_000);
  let world: World;
  let ada: ChatClient;
  let bob: ChatClient;
  let cleo: ChatClient;

  beforeEach(async () => {
    world = await World.start(2);
    ada = world.first.signIn(world.ada);
    bob = world.last.signIn(world.bob);
    cleo = world.last.signIn(world.cleo);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const send = (from: ChatClient, conversationId: ConversationId, text: string, entryId = newId()) =>
    from.ask('chat.send', { conversationId, entryId, body: { text } });

  /** Kinds and bodies as SQL has them. */
  async function stored(conversationId: ConversationId): Promise<[string, unknown][]> {
    const { database } = world.first.storage;
    const query = database.queries.db
      .selectFrom('entries')
      .select(['kind', 'body'])
      .where('conversation_id', '=', conversationId);
    return (await database.read(query.orderBy('seq'))).map(({ kind, body }) => [kind, JSON.parse(body)]);
  }

  async function back(hidden: { release(): void }): Promise<void> {
    hidden.release();
    await world.databaseBack();
    await eventually(
      () => {
        for (const { health } of world.servers) assert.equal(health.report().dependencies.outbox?.state, 'up');
      },
      { withinMs: 15_000, what: 'nothing is pending' },
    );
  }

  const heardPending = (client: ChatClient) => client.heard('chat.pending').map(({ kind }) => kind);

  describe('of messages', () => {
    let id: ConversationId;
    const target = newId();

    beforeEach(async () => {
      id = (await ada.ask('chat.open', { userId: world.bob })).conversationId;
      await send(ada, id, 'frist', target);
      await eventually(() => assert.deepEqual(bob.texts, ['frist']));
    });

    it('are taken where the message is remembered or pending, told to all, and stored in order', async () => {
      const hidden = await world.hideDatabase();
      assert.ok(isPending(await ada.ask('chat.edit', { conversationId: id, entryId: newId(), target, text: 'first' })));
      // What two servers take without having heard of each other has no order yet.
      await eventually(() => assert.deepEqual(heardPending(bob), ['edit']));
      // Bob's server did not commit that message; it remembers what it told.
      const reaction = { conversationId: id, entryId: newId(), target, emoji: '👍' };
      const taken = await bob.ask('chat.react', reaction);
      assert.ok(isPending(taken));
      const second = newId();
      assert.ok(isPending(await send(bob, id, 'secnod', second)));
      await eventually(() => assert.deepEqual(heardPending(ada), ['reaction', 'message']));
      assert.ok(isPending(await bob.ask('chat.edit', { conversationId: id, entryId: newId(), target: second, text: 'second' })));
      await eventually(() => assert.deepEqual(heardPending(ada), ['reaction', 'message', 'edit']));
      assert.ok(isPending(await ada.ask('chat.react', { conversationId: id, entryId: newId(), target: second, emoji: '🎉' })));
      await eventually(() => assert.deepEqual(heardPending(bob), ['edit', 'reaction']));
      const third = newId();
      await send(bob, id, 'nonsense', third);
      assert.ok(isPending(await bob.ask('chat.delete', { conversationId: id, entryId: newId(), target: third })));
      const forward = { conversationId: id, entryId: newId(), from: { conversationId: id, entryId: second } };
      assert.ok(isPending(await bob.ask('chat.forward', forward)));
      // The same reaction again, from another server too.
      assert.deepEqual(await bob.ask('chat.react', reaction), taken);
      const elsewhere = world.first.signIn(world.bob);
      assert.deepEqual(await elsewhere.ask('chat.react', reaction), taken);

      await back(hidden);
      const log = await stored(id);
      assert.deepEqual(
        log.map(([kind]) => kind),
        ['message', 'edit', 'reaction', 'message', 'edit', 'reaction', 'message', 'delete', 'message'],
      );
      assert.deepEqual(log[6], ['message', {}], 'what was taken back has left the log');
      assert.match(JSON.stringify(log[8]), /"text":"second"/, 'what is forwarded is its newest text');
      await eventually(() => assert.equal(ada.heard('chat.committed').length, 8));
    });

    it('are refused where rights or the message are missing, and say which', async () => {
      const second = newId();
      const hidden = await world.hideDatabase();
      await send(bob, id, 'second', second);
      await eventually(() => assert.deepEqual(heardPending(ada), ['message']));
      const on = (about: EntryId) => ({ conversationId: id, entryId: newId(), target: about });
      assert.equal(await ada.refusal('chat.edit', { ...on(second), text: 'x' }), 'FORBIDDEN');
      assert.equal(await ada.refusal('chat.delete', on(second)), 'FORBIDDEN');
      assert.equal(await ada.refusal('chat.react', { ...on(newId()), emoji: '👍' }), 'STORAGE_UNAVAILABLE');
      await bob.ask('chat.delete', on(second));
      assert.equal(await bob.refusal('chat.edit', { ...on(second), text: 'x' }), 'NOT_FOUND');
      const from = { conversationId: id, entryId: second };
      assert.equal(await bob.refusal('chat.forward', { conversationId: id, entryId: newId(), from }), 'NOT_FOUND');
      assert.notEqual(await cleo.refusal('chat.react', { ...on(target), emoji: '👍' }), 'INTERNAL');
      await back(hidden);
      assert.equal(await ada.refusal('chat.react', { ...on(newId()), emoji: '👍' }), 'NOT_FOUND');
      assert.deepEqual(
        (await stored(id)).map(([kind]) => kind),
        ['message', 'message', 'delete'],
      );
    });

    it('of read positions are told to all, and stored when SQL is back', async () => {
      const hidden = await world.hideDatabase();
      await bob.ask('chat.mark', { conversationId: id, read: 1 });
      await eventually(() => assert.equal(ada.heard('chat.position').at(-1)?.read, 1));
      hidden.release();
      await eventually(
        async () => {
          const [conversation] = (await ada.ask('chat.conversations', {})).conversations;
          assert.equal(conversation?.positions.find(({ userId }) => userId === world.bob)?.read, 1);
        },
        { withinMs: 15_000 },
      );
    });

    it('are taken for what a client has read from SQL before', async () => {
      const there = (await world.addServer('s3')).signIn(world.bob);
      assert.equal((await there.ask('chat.history', { conversationId: id })).entries.length, 1);
      const hidden = await world.hideDatabase();
      assert.ok(isPending(await there.ask('chat.react', { conversationId: id, entryId: newId(), target, emoji: '👍' })));
      assert.equal((await there.ask('chat.history', { conversationId: id })).entries.length, 1);
      await back(hidden);
      assert.equal((await stored(id)).length, 2);
    });
  });

  describe('of groups', () => {
    const members = async (client: ChatClient, conversationId: ConversationId) => {
      const cursors = [{ conversationId, generation: 0, seq: 0 }];
      const [found] = (await client.ask('chat.resume', { cursors })).conversations;
      return found && [found.conversation.title, [...found.conversation.members].sort(), found.conversation.moderators];
    };

    it('count from when they are accepted: who came may write, who was removed may not', async () => {
      const hidden = await world.hideDatabase();
      const create = { entryId: newId(), title: 'Team', members: [world.bob] };
      const { conversationId } = await ada.ask('chat.createGroup', create);
      assert.equal((await ada.ask('chat.createGroup', create)).conversationId, conversationId);
      await eventually(() => assert.deepEqual(heardPending(bob), ['created']));
      const on = () => ({ conversationId, entryId: newId() });
      await send(bob, conversationId, 'among two');
      await eventually(() => assert.deepEqual(heardPending(ada), ['message']));
      assert.equal(await bob.refusal('chat.rename', { ...on(), title: 'Mine' }), 'FORBIDDEN');
      assert.ok(isPending(await ada.ask('chat.addMembers', { ...on(), members: [world.cleo] })));
      await eventually(() => assert.deepEqual(heardPending(cleo), ['members']));
      await send(cleo, conversationId, 'hello');
      await eventually(() => assert.deepEqual(heardPending(ada), ['message', 'message']));
      assert.ok(isPending(await ada.ask('chat.setRole', { ...on(), userId: world.bob, role: 'moderator' })));
      await eventually(() => assert.equal(heardPending(bob).at(-1), 'role'));
      assert.ok(isPending(await bob.ask('chat.rename', { ...on(), title: 'Crew' })));
      assert.deepEqual(await members(cleo, conversationId), ['Crew', ['ada', 'bob', 'cleo'], ['ada', 'bob']]);
      const seen = (await cleo.ask('chat.conversations', {})).conversations[0]?.pending?.map(({ kind }) => kind);
      assert.deepEqual(seen, ['members', 'message', 'role', 'rename'], 'nothing from before she came');
      assert.ok(isPending(await bob.ask('chat.removeMembers', { ...on(), members: [world.cleo] })));
      await eventually(() => assert.equal(heardPending(cleo).at(-1), 'members'));
      assert.notEqual(await cleo.refusal('chat.send', { ...on(), body: { text: 'still here' } }), 'INTERNAL');
      assert.ok(isPending(await ada.ask('chat.leave', on())));

      await back(hidden);
      const kinds = (await stored(conversationId)).map(([kind]) => kind);
      assert.deepEqual(kinds, ['created', 'message', 'members', 'message', 'role', 'rename', 'members', 'members']);
      await eventually(async () => assert.deepEqual(await members(bob, conversationId), ['Crew', ['bob'], ['bob']]));
      assert.equal(await cleo.refusal('chat.send', { ...on(), body: { text: 'still here' } }), 'NOT_FOUND');
      // A server that has not read yet that nothing is left may take one more as pending.
      await eventually(async () => assert.ok('seq' in (await send(bob, conversationId, 'alone'))));
    });

    it('are judged with the limits that memory knows', async () => {
      const old = await ada.ask('chat.createGroup', { entryId: newId(), title: 'Old', members: [world.bob, world.cleo] });
      await eventually(() => cleo.heard('chat.entry').length > 0);
      world.limits.groups.groupsPerPerson = 1;
      const hidden = await world.hideDatabase();
      const create = { entryId: newId(), title: 'One too many', members: [world.bob] };
      assert.equal(await ada.refusal('chat.createGroup', create), 'TOO_LARGE');
      const on = { conversationId: old.conversationId, entryId: newId() };
      assert.ok(isPending(await ada.ask('chat.removeMembers', { ...on, members: [world.cleo] })));
      assert.deepEqual((await members(ada, old.conversationId))?.[1], ['ada', 'bob']);
      await back(hidden);
      assert.equal((await stored(old.conversationId)).length, 2);
    });
  });
});
