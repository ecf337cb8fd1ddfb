import assert from 'node:assert/strict';
import type { ConversationId, EntryId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

const newId = () => randomId() as EntryId;
const send = (from: ChatClient, conversationId: ConversationId, text: string) =>
  from.ask('chat.send', { conversationId, entryId: newId(), body: { text } });
const textsOf = (client: ChatClient) =>
  client
    .heard('chat.entry')
    .filter(({ kind }) => kind === 'message')
    .map(({ body }) => String(body.text));

describe('people who are removed while their server hears nothing of it', function () {
  this.timeout(60_000);
  let world: World;
  let ada: ChatClient;

  beforeEach(async () => {
    world = await World.start(2);
    ada = world.first.signIn(world.ada);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const createGroup = () => ada.ask('chat.createGroup', { entryId: newId(), title: 'Team', members: [world.bob, world.cleo] });

  it('may do nothing in the group any more, whatever their server was told before', async () => {
    const { conversationId } = await createGroup();
    const before = world.last.signIn(world.bob);
    const target = newId();
    await ada.ask('chat.send', { conversationId, entryId: target, body: { text: 'before' } });
    await send(before, conversationId, 'I am here');
    await eventually(() => assert.deepEqual(textsOf(before), ['before']));
    world.signOut(world.bob);
    await ada.ask('chat.removeMembers', { conversationId, entryId: newId(), members: [world.bob] });
    await world.last.storage.replica.refresh();
    const bob = world.last.signIn(world.bob);
    const body = { text: 'still here' };
    assert.equal(await bob.refusal('chat.send', { conversationId, entryId: newId(), body }), 'NOT_FOUND');
    const reaction = { conversationId, entryId: newId(), target, emoji: '👍', on: true };
    assert.equal(await bob.refusal('chat.react', reaction), 'NOT_FOUND');
    assert.equal(await bob.refusal('chat.mark', { conversationId, read: 2 }), 'NOT_FOUND');
    assert.equal(await bob.refusal('chat.typing', { conversationId }), 'NOT_FOUND');
  });

  it('are told nothing any more, also when others of their server began to follow the group too early', async () => {
    const { conversationId } = await createGroup();
    await world.last.storage.replica.refresh();
    await ada.ask('chat.removeMembers', { conversationId, entryId: newId(), members: [world.cleo] });
    const bob = world.last.signIn(world.bob);
    const cleo = world.last.signIn(world.cleo);
    // The log is followed from here on, with the members that the memory copy of this server has.
    await bob.ask('chat.history', { conversationId });
    await world.last.storage.replica.refresh();
    await send(ada, conversationId, 'not for cleo');
    await send(bob, conversationId, 'nor this');
    await eventually(() => assert.deepEqual(textsOf(bob), ['not for cleo']));
    assert.deepEqual(textsOf(cleo), []);
    assert.equal(await cleo.refusal('chat.typing', { conversationId }), 'NOT_FOUND');
  });
});
