import assert from 'node:assert/strict';
import type { EntryId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { World } from './world.ts';

describe('positions of members', function () {
  this.timeout(30_000);
  let world: World;

  beforeEach(async () => {
    world = await World.start(2);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const newId = () => randomId() as EntryId;

  it('are told to whoever is in the conversation and asks, also before they are stored', async () => {
    const ada = world.first.signIn(world.ada);
    const bob = world.last.signIn(world.bob);
    const cleo = world.last.signIn(world.cleo);
    const group = { entryId: newId(), title: 'Team', members: [world.bob] };
    const { conversationId } = await ada.ask('chat.createGroup', group);
    await ada.ask('chat.send', { conversationId, entryId: newId(), body: { text: 'hello' } });
    await eventually(() => assert.equal(bob.heard('chat.entry').length, 2));
    await bob.ask('chat.mark', { conversationId, read: 2 });
    const readBy = async (client: typeof ada) => {
      const { positions } = await client.ask('chat.positions', { conversationId });
      return new Map(positions.map(({ userId, read }) => [userId, read]));
    };
    assert.equal((await readBy(bob)).get(world.bob), 2);
    await eventually(async () => assert.equal((await readBy(ada)).get(world.bob), 2));
    assert.equal(await cleo.refusal('chat.positions', { conversationId }), 'NOT_FOUND');
  });
});
