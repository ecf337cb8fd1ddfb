import assert from 'node:assert/strict';
import type { EntryId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { directConversationId } from '#ucserver/chat/index.ts';
import { World } from './world.ts';

/** As good as at once. */
const noTime = 1 / 86_400_000;

describe('retention of messages', function () {
  this.timeout(30_000);
  let world: World;

  beforeEach(async () => {
    world = await World.start(2);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('is told to everybody who has the conversation, on each server, and to whoever reads it later', async () => {
    const ada = world.first.signIn(world.ada);
    const bob = world.last.signIn(world.bob);
    const conversationId = directConversationId(world.ada, world.bob);
    for (const text of ['one', 'two'])
      await ada.ask('chat.send', { conversationId, entryId: randomId() as EntryId, body: { text } });
    await eventually(() => assert.deepEqual(bob.texts, ['one', 'two']));
    // What is old enough to go has long been in the memory of every server.
    for (const { storage } of world.servers) await storage.replica.refresh();
    world.keepMessages(noTime);
    for (const client of [ada, bob])
      await eventually(() => assert.deepEqual(client.heard('chat.emptied').at(-1)?.upTo, 2), { withinMs: 10_000 });
    assert.equal(bob.heard('chat.emptied')[0]?.conversationId, conversationId);
    const { conversations } = await bob.ask('chat.resume', { cursors: [{ conversationId, generation: 0, seq: 0 }] });
    assert.equal(conversations[0]?.conversation.emptiedUpTo, 2);
    const { entries } = await bob.ask('chat.history', { conversationId });
    assert.deepEqual(
      entries.map(({ body }) => body),
      [{}, {}],
    );
  });
});
