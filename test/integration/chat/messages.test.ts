import assert from 'node:assert/strict';
import type { ConversationId, EntryId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { directConversationId } from '#ucserver/chat/index.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

const newId = () => randomId() as EntryId;

for (const servers of [1, 2]) {
  describe(`what happens to messages, on ${servers} server${servers > 1 ? 's' : ''}`, function () {
    this.timeout(60_000);
    let world: World;
    let ada: ChatClient;
    let bob: ChatClient;
    let conversationId: ConversationId;
    let target: EntryId;

    beforeEach(async () => {
      world = await World.start(servers);
      ada = world.first.signIn(world.ada);
      bob = world.last.signIn(world.bob);
      conversationId = directConversationId(world.ada, world.bob);
      target = newId();
      await ada.ask('chat.send', { conversationId, entryId: target, body: { text: 'helo' } });
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const log = async (client: ChatClient) => (await client.ask('chat.history', { conversationId })).entries;
    const bodies = async (client: ChatClient) => (await log(client)).map(({ kind, body }) => [kind, body]);

    it('tells an edit, a reaction and an answer as entries, and answers each again as the first time', async () => {
      const edit = { conversationId, entryId: newId(), target, text: 'hello' };
      const react = { conversationId, entryId: newId(), target, emoji: '👩‍💻' };
      const edited = await ada.ask('chat.edit', edit);
      const reacted = await bob.ask('chat.react', react);
      const body = { text: 'hi @ada', replyTo: target, mentions: [world.ada] };
      await bob.ask('chat.send', { conversationId, entryId: newId(), body });
      assert.deepEqual(await bodies(bob), [
        ['message', { text: 'helo' }],
        ['edit', { target, text: 'hello' }],
        ['reaction', { target, emoji: '👩‍💻', on: true }],
        ['message', body],
      ]);
      await eventually(() =>
        assert.deepEqual(
          ada.heard('chat.entry').map(({ seq }) => seq),
          [3, 4],
        ),
      );
      await eventually(() =>
        assert.deepEqual(
          bob.heard('chat.entry').map(({ seq }) => seq),
          [1, 2],
        ),
      );
      assert.deepEqual(await ada.ask('chat.edit', edit), edited);
      assert.deepEqual(await bob.ask('chat.react', react), reacted);
      assert.equal(await ada.refusal('chat.edit', { ...edit, text: 'else' }), 'ID_CONFLICT');
    });

    it('takes a text back for good: also its edits, and an edit that comes too late', async () => {
      const edit = { conversationId, entryId: newId(), target, text: 'hello' };
      await ada.ask('chat.edit', edit);
      const taken = { conversationId, entryId: newId(), target };
      const answer = await ada.ask('chat.delete', taken);
      assert.deepEqual(await bodies(bob), [
        ['message', {}],
        ['edit', {}],
        ['delete', { target }],
      ]);
      const fresh = world.last.signIn(world.cleo);
      assert.equal(await fresh.refusal('chat.history', { conversationId }), 'NOT_FOUND');
      assert.deepEqual(await ada.ask('chat.delete', taken), answer);
      assert.equal((await ada.ask('chat.edit', edit)).at > 0, true, 'a repeated edit is known');
      assert.equal(await ada.refusal('chat.edit', { ...edit, entryId: newId() }), 'NOT_FOUND');
      assert.equal(await bob.refusal('chat.react', { conversationId, entryId: newId(), target, emoji: '👍' }), 'NOT_FOUND');
      assert.equal((await log(bob)).length, 3);
    });

    it('lets only the author change a message, and nobody what is none', async () => {
      const other = { conversationId, entryId: newId(), target };
      assert.equal(await bob.refusal('chat.edit', { ...other, text: 'x' }), 'FORBIDDEN');
      assert.equal(await bob.refusal('chat.delete', other), 'FORBIDDEN');
      const reaction = newId();
      await bob.ask('chat.react', { conversationId, entryId: reaction, target, emoji: '🎉' });
      for (const id of [reaction, newId()])
        assert.equal(await bob.refusal('chat.delete', { conversationId, entryId: newId(), target: id }), 'NOT_FOUND');
      const elsewhere = directConversationId(world.ada, world.cleo);
      assert.equal(await ada.refusal('chat.edit', { ...other, conversationId: elsewhere, text: 'x' }), 'NOT_FOUND');
      world.block(world.bob, world.ada);
      assert.equal(await bob.refusal('chat.react', { ...other, entryId: newId(), emoji: '👍' }), 'FORBIDDEN');
    });

    it('takes one emoji as a reaction, and only members as mentioned', async () => {
      for (const emoji of ['ok', '👍👍', '', ' 👍', '<b>'])
        assert.equal(await bob.refusal('chat.react', { conversationId, entryId: newId(), target, emoji }), 'BAD_REQUEST', emoji);
      for (const emoji of ['❤️', '🇩🇪', '1️⃣', '👨‍👩‍👧‍👦'])
        await bob.ask('chat.react', { conversationId, entryId: newId(), target, emoji });
      const body = { text: 'x', mentions: [world.cleo] };
      assert.equal(await ada.refusal('chat.send', { conversationId, entryId: newId(), body }), 'BAD_REQUEST');
    });

    it('forwards the present text with author and time of the first, and says the same again when asked again', async () => {
      await ada.ask('chat.edit', { conversationId, entryId: newId(), target, text: 'hello' });
      const [original] = await log(bob);
      const to = directConversationId(world.bob, world.cleo);
      const params = { conversationId: to, entryId: newId(), from: { conversationId, entryId: target } };
      const first = await bob.ask('chat.forward', params);
      await ada.ask('chat.delete', { conversationId, entryId: newId(), target });
      assert.deepEqual(await bob.ask('chat.forward', params), first);
      const { entries } = await bob.ask('chat.history', { conversationId: to });
      const forwarded = { entryId: target, author: world.ada, at: original?.at };
      assert.deepEqual(
        entries.map(({ body }) => body),
        [{ text: 'hello', forwarded }],
      );
      const [copy] = entries;
      const edit = { conversationId: to, entryId: newId(), target: copy?.entryId ?? newId(), text: 'forged' };
      assert.equal(await bob.refusal('chat.edit', edit), 'FORBIDDEN');
      assert.equal(await bob.refusal('chat.forward', { ...params, entryId: newId() }), 'NOT_FOUND', 'it was taken back');
      const cleo = world.first.signIn(world.cleo);
      const stolen = { ...params, entryId: newId() };
      assert.equal(await cleo.refusal('chat.forward', stolen), 'NOT_FOUND', 'she cannot read it');
    });
  });
}
