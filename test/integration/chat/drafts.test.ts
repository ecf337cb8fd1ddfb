import assert from 'node:assert/strict';
import type { ConversationId, EntryId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { directConversationId } from '#ucserver/chat/index.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

describe('drafts', function () {
  this.timeout(60_000);
  let world: World;
  let desk: ChatClient;
  let phone: ChatClient;
  let bob: ChatClient;
  let conversationId: ConversationId;

  beforeEach(async () => {
    world = await World.start(1);
    desk = world.first.signIn(world.ada);
    phone = world.first.signIn(world.ada);
    bob = world.first.signIn(world.bob);
    conversationId = directConversationId(world.ada, world.bob);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('reach the other devices of their writer, and nobody else', async () => {
    const draft = { conversationId, text: 'Dear Bob', version: 5 };
    assert.deepEqual(await desk.ask('chat.setDraft', draft), draft);
    await eventually(() => assert.equal(phone.heard('chat.draft').length, 1));
    assert.deepEqual(phone.heard('chat.draft')[0], { event: 'chat.draft', ...draft });
    assert.deepEqual(await phone.ask('chat.drafts', {}), { drafts: [draft] });
    assert.deepEqual(await bob.ask('chat.drafts', {}), { drafts: [] });
    assert.deepEqual([desk.heard('chat.draft').length, bob.heard('chat.draft').length], [0, 0]);
  });

  it('answer the newer one to whoever is late, and tell nobody', async () => {
    await desk.ask('chat.setDraft', { conversationId, text: 'newer', version: 9 });
    await eventually(() => assert.equal(phone.heard('chat.draft').length, 1));
    const inForce = await phone.ask('chat.setDraft', { conversationId, text: 'older', version: 8 });
    assert.deepEqual([inForce.text, inForce.version], ['newer', 9]);
    assert.equal(desk.heard('chat.draft').length, 0);
  });

  it('do not come from the future', async () => {
    const { version } = await desk.ask('chat.setDraft', { conversationId, text: 'x', version: 8_000_000_000_000_000 });
    assert.ok(version < Date.now() + 61_000);
  });

  it('are refused in conversations of others, and while SQL is away', async () => {
    const others = directConversationId(world.bob, world.cleo);
    assert.equal(await desk.refusal('chat.setDraft', { conversationId: others, text: 'x', version: 1 }), 'NOT_FOUND');
    const locked = world.lockDatabase();
    try {
      assert.equal(await desk.refusal('chat.setDraft', { conversationId, text: 'x', version: 1 }), 'STORAGE_UNAVAILABLE');
    } finally {
      locked.release();
    }
  });

  it('of a conversation that was left can be taken back, and are not listed', async () => {
    const group = { entryId: randomId() as EntryId, title: 'Team', members: [world.bob] };
    const { conversationId: team } = await desk.ask('chat.createGroup', group);
    await bob.ask('chat.setDraft', { conversationId: team, text: 'well', version: 3 });
    await bob.ask('chat.setDraft', { conversationId, text: 'Dear Ada', version: 3 });
    await bob.ask('chat.leave', { conversationId: team, entryId: randomId() as EntryId });
    const { drafts } = await bob.ask('chat.drafts', {});
    assert.deepEqual(
      drafts.map(({ text }) => text),
      ['Dear Ada'],
    );
    assert.equal(await bob.refusal('chat.setDraft', { conversationId: team, text: 'well then', version: 4 }), 'NOT_FOUND');
    assert.equal((await bob.ask('chat.setDraft', { conversationId: team, text: '', version: 4 })).text, '');
    const cleo = world.first.signIn(world.cleo);
    assert.equal(await cleo.refusal('chat.setDraft', { conversationId: team, text: '', version: 4 }), 'NOT_FOUND');
  });

  it('come at a bounded rate', async () => {
    let refused: string | undefined;
    for (let version = 1; version < 60 && refused === undefined; version++)
      await desk.ask('chat.setDraft', { conversationId, text: 'x', version }).catch((error) => {
        refused = error.code;
      });
    assert.equal(refused, 'RATE_LIMITED');
  });
});
