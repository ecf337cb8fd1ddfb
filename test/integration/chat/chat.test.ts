import assert from 'node:assert/strict';
import type { ConversationId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { directConversationId } from '#ucserver/chat/index.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

const entryId = () => randomId() as never;
const send = (from: ChatClient, conversationId: ConversationId, text: string, id = entryId()) =>
  from.ask('chat.send', { conversationId, entryId: id, body: { text } });

for (const servers of [1, 2]) {
  describe(`chat on ${servers} server${servers > 1 ? 's' : ''}`, function () {
    this.timeout(60_000);
    let handles: HandleWatch;
    let world: World;
    let ada: ChatClient;
    let bob: ChatClient;
    let id: ConversationId;

    beforeEach(async () => {
      handles = new HandleWatch();
      world = await World.start(servers);
      ada = world.first.signIn(world.ada);
      bob = world.last.signIn(world.bob);
      id = directConversationId(world.ada, world.bob);
    });
    afterEach(async () => {
      await world[Symbol.asyncDispose]();
      await handles.check();
    });

    it('brings messages to the other and to the own other devices, in order, once', async () => {
      const adaPhone = world.first.signIn(world.ada);
      const opened = await ada.ask('chat.open', { userId: world.bob });
      assert.deepEqual([opened.conversationId, opened.members, opened.head.seq, opened.unread], [id, ['ada', 'bob'], 0, 0]);
      const texts = Array.from({ length: 30 }, (_, index) => `message ${index}`);
      await Promise.all(texts.map((text) => send(ada, id, text)));
      for (const client of [ada, adaPhone, bob]) await eventually(() => client.texts.length === 30);
      for (const client of [ada, adaPhone, bob]) assert.deepEqual(client.texts, texts);
    });

    it('keeps one order for everybody when both write at once', async () => {
      await send(ada, id, 'first');
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => [send(ada, id, `a${index}`), send(bob, id, `b${index}`)]).flat(),
      );
      await eventually(() => ada.texts.length === 41 && bob.texts.length === 41);
      assert.deepEqual(ada.texts, bob.texts);
      const { entries } = await bob.ask('chat.history', { conversationId: id, limit: 200 });
      assert.deepEqual(
        entries.map(({ body }) => body.text),
        ada.texts,
      );
    });

    it('answers a repeated message as the first time, also on the other server, and shows it once', async () => {
      const repeated = entryId();
      const first = await send(ada, id, 'hello', repeated);
      assert.deepEqual(await send(ada, id, 'hello', repeated), first);
      ada.leave();
      const again = world.last.signIn(world.ada);
      assert.deepEqual(await send(again, id, 'hello', repeated), first);
      assert.equal(
        await again.refusal('chat.send', { conversationId: id, entryId: repeated, body: { text: 'else' } }),
        'ID_CONFLICT',
      );
      await send(again, id, 'next');
      await eventually(() => bob.texts.length === 2);
      assert.deepEqual(bob.texts, ['hello', 'next']);
    });

    it('refuses those who are blocked, lets the others answer, and shows nothing to strangers', async () => {
      const cleo = world.last.signIn(world.cleo);
      await send(ada, id, 'secret');
      world.block(world.bob, world.ada);
      assert.equal(await bob.refusal('chat.send', { conversationId: id, entryId: entryId(), body: { text: 'x' } }), 'FORBIDDEN');
      assert.equal(await bob.refusal('chat.typing', { conversationId: id }), 'FORBIDDEN');
      await send(ada, id, 'still allowed');
      assert.equal((await bob.ask('chat.history', { conversationId: id })).entries.length, 2);
      for (const method of ['chat.history', 'chat.typing', 'chat.mark'] as const)
        assert.equal(await cleo.refusal(method, { conversationId: id }), 'NOT_FOUND');
      assert.equal(await cleo.refusal('chat.send', { conversationId: id, entryId: entryId(), body: { text: 'x' } }), 'NOT_FOUND');
      const cursors = [{ conversationId: id, generation: 1, seq: 0 }];
      assert.deepEqual(await cleo.ask('chat.resume', { cursors }), { conversations: [] });
      assert.deepEqual(cleo.texts, []);
    });

    it('says what is wrong', async () => {
      const open = (userId: string) => ada.refusal('chat.open', { userId: userId as never });
      assert.equal(await open('nobody'), 'NOT_FOUND');
      assert.equal(await open('ada'), 'BAD_REQUEST');
      const write = (text: string) => ada.refusal('chat.send', { conversationId: id, entryId: entryId(), body: { text } });
      for (const text of ['', 'a\u0000', '\ud800']) assert.equal(await write(text), 'BAD_REQUEST');
      for (const text of ['x'.repeat(10_001), '😀'.repeat(5_001)]) assert.equal(await write(text), 'TOO_LARGE');
      assert.equal(await ada.refusal('chat.conversations', { cursor: 'nonsense' }), 'BAD_REQUEST');
      const both = { conversationId: id, before: 3, after: 1 };
      assert.equal(await ada.refusal('chat.history', both), 'BAD_REQUEST');
    });

    it('counts unread, tells how far the other has read, on all devices', async () => {
      const bobPhone = world.last.signIn(world.bob);
      for (const text of ['one', 'two', 'three']) await send(ada, id, text);
      const unread = async () => (await bob.ask('chat.conversations', {})).conversations.map((each) => each.unread);
      assert.deepEqual(await unread(), [3]);
      await eventually(() => bob.texts.length === 3);
      await bob.ask('chat.mark', { conversationId: id, read: 2, delivered: 3 });
      await eventually(async () => assert.deepEqual(await unread(), [1]));
      for (const client of [ada, bobPhone])
        await eventually(() => {
          assert.deepEqual(client.heard('chat.position').at(-1), {
            ...{ event: 'chat.position', conversationId: id, userId: 'bob', read: 2, delivered: 3 },
          });
        });
      await bob.ask('chat.mark', { conversationId: id, read: 1 });
      await bob.ask('chat.mark', { conversationId: id, read: 99 });
      await eventually(async () => assert.deepEqual(await unread(), [0]));
      await eventually(async () => {
        const { positions } = await ada.ask('chat.open', { userId: world.bob });
        assert.deepEqual(
          positions.find(({ userId }) => userId === 'bob'),
          { userId: 'bob', read: 3, delivered: 3 },
        );
      });
    });

    it('tells typing at most every 3 s and stores nothing of it', async () => {
      for (let n = 0; n < 5; n++) await ada.ask('chat.typing', { conversationId: id });
      await eventually(() => bob.heard('chat.typing').length > 0);
      await never(() => bob.heard('chat.typing').length > 1, 100, 'a second typing event');
      assert.deepEqual(bob.heard('chat.typing')[0], { event: 'chat.typing', conversationId: id, userId: 'ada' } as never);
      assert.equal(ada.heard('chat.typing').length, 0);
      assert.equal((await ada.ask('chat.history', { conversationId: id })).head.seq, 0);
    });

    it('never writes the text of a message into the log', async () => {
      const text = 'a text that nobody else may read';
      const params = { conversationId: id, entryId: entryId(), body: { text } };
      world.first.failCommits(new Error(`cannot commit ${id}`));
      assert.equal(await ada.refusal('chat.send', params), 'INTERNAL');
      assert.notDeepEqual(world.logged, []);
      world.first.failCommits(undefined);
      await ada.ask('chat.send', params);
      await eventually(() => bob.texts.includes(text));
      for (const line of world.logged) assert.ok(!line.includes(text), line);
    });

    it('goes on where a client left, and sends it nothing twice', async () => {
      for (let n = 1; n <= 60; n++) await send(ada, id, `m${n}`);
      const { conversations } = await bob.ask('chat.conversations', {});
      const { generation } = conversations[0]?.head ?? { generation: 0 };
      const resume = (seq: number, of = generation) =>
        bob.ask('chat.resume', { cursors: [{ conversationId: id, generation: of, seq }] });
      const seqs = (answer: Awaited<ReturnType<typeof resume>>) => answer.conversations[0]?.entries.map(({ seq }) => seq);
      const near = await resume(57);
      assert.deepEqual([seqs(near), near.conversations[0]?.more], [[58, 59, 60], false]);
      const far = await resume(3);
      assert.deepEqual([seqs(far)?.[0], seqs(far)?.length, far.conversations[0]?.more], [4, 50, true]);
      const current = await resume(60);
      assert.deepEqual([seqs(current), current.conversations[0]?.more], [[], false]);
      const restored = await resume(60, generation + 7);
      assert.deepEqual([seqs(restored), restored.conversations[0]?.more], [[], true]);
      const page = await bob.ask('chat.history', { conversationId: id, before: 11, limit: 4 });
      assert.deepEqual([page.entries.map(({ seq }) => seq), page.more, page.head.seq], [[7, 8, 9, 10], true, 60]);
    });

    it('takes messages while SQL is away, tells everybody, and stores them when it is back', async () => {
      await send(ada, id, 'before');
      const lock = world.lockDatabase();
      const waiting = entryId();
      const params = { conversationId: id, entryId: waiting, body: { text: 'stored later' } };
      assert.deepEqual(Object.keys(await ada.ask('chat.send', params)), ['pending', 'at']);
      const again = await ada.ask('chat.send', params);
      const known = { conversationId: id, generation: 0, seq: 0 };
      await eventually(async () => {
        const { conversations } = await bob.ask('chat.resume', { cursors: [known] });
        const [first] = conversations[0]?.conversation.pending ?? [];
        assert.deepEqual({ pending: first?.place, at: first?.at }, again);
      });
      await eventually(() =>
        assert.deepEqual(
          bob.heard('chat.pending').map(({ body }) => body.text),
          ['stored later'],
        ),
      );
      await bob.ask('chat.mark', { conversationId: id, read: 1 });
      await eventually(() => ada.heard('chat.position').some(({ read }) => read === 1));
      lock.release();
      for (const client of [ada, bob]) {
        await eventually(() => assert.equal(client.heard('chat.committed')[0]?.seq, 2), { withinMs: 5_000 });
      }
      await eventually(async () => assert.deepEqual(Object.keys(await send(ada, id, 'after')), ['seq', 'at']), {
        withinMs: 3_000,
        everyMs: 300,
      });
      await eventually(() => bob.texts.includes('stored later'));
      await eventually(async () => assert.ok(((await bob.ask('chat.conversations', {})).conversations[0]?.unread ?? 0) >= 2), {
        withinMs: 3_000,
      });
    });
  });
}

describe('chat across two servers', function () {
  this.timeout(60_000);
  let world: World;
  let ada: ChatClient;
  let bob: ChatClient;
  let id: ConversationId;

  beforeEach(async () => {
    world = await World.start(2);
    ada = world.first.signIn(world.ada);
    bob = world.last.signIn(world.bob);
    id = directConversationId(world.ada, world.bob);
    await send(ada, id, 'm1');
    await eventually(() => bob.texts.length === 1);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('gets what an event failed to bring from the sender, without SQL', async () => {
    world.first.loseEvents('chat.committed', 1);
    await send(ada, id, 'm2');
    const reads = world.last.countLogReads();
    await send(ada, id, 'm3');
    await eventually(() => bob.texts.length === 3);
    assert.deepEqual(bob.texts, ['m1', 'm2', 'm3']);
    assert.equal(reads(), 0);
  });

  it('finds in SQL what came after the last event, 3 s after a sign-in', async () => {
    world.first.loseEvents('chat.committed', 2);
    await send(ada, id, 'm2');
    world.last.signIn(world.bob);
    await eventually(() => bob.texts.length === 2, { withinMs: 6_000, everyMs: 50 });
  });

  it('tells a person who knew nothing of the conversation that there is one', async () => {
    const cleo = world.last.signIn(world.cleo);
    world.first.loseEvents('chat.committed', 1);
    const other = directConversationId(world.ada, world.cleo);
    await send(ada, other, 'hello');
    const told = () => cleo.heard('chat.head').map(({ conversationId, head }) => [conversationId, head.seq]);
    await eventually(() => assert.deepEqual(told(), [[other, 1]]), { withinMs: 6_000, everyMs: 50 });
  });

  it('goes on through SQL while Redis hangs, and nothing is missing or doubled afterwards', async () => {
    world.redis.pause();
    await world.busDown();
    await send(ada, id, 'm2');
    await send(bob, id, 'm3');
    await eventually(() => bob.texts.length === 3 && ada.texts.length === 3, { withinMs: 5_000, everyMs: 50 });
    world.redis.resume();
    await world.busUp();
    await send(ada, id, 'm4');
    await eventually(() => bob.texts.length === 4, { withinMs: 5_000, everyMs: 50 });
    assert.deepEqual(bob.texts, ['m1', 'm2', 'm3', 'm4']);
    assert.deepEqual(ada.texts, bob.texts);
  });

  it('reads SQL while the other server is silent although the own bus is well', async () => {
    world.first.loseEvents('chat.committed', 100);
    world.last.suspects = true;
    await send(ada, id, 'm2');
    await eventually(() => bob.texts.length === 2, { withinMs: 4_000, everyMs: 50 });
  });

  it('makes clients read anew when the database turns out to be an older one', async () => {
    const { head } = await bob.ask('chat.open', { userId: world.ada });
    for (let n = 2; n <= 5; n++) await send(ada, id, `m${n}`);
    await eventually(() => bob.texts.length === 5);
    world.cutLog(id, 2);
    await send(ada, id, 'after the restore');
    const heads = (client: ChatClient) => client.heard('chat.head').map((each) => [each.head.generation, each.head.seq]);
    for (const client of [ada, bob])
      await eventually(() => assert.deepEqual(heads(client).at(-1), [head.generation + 1, 3]), { withinMs: 8_000, everyMs: 50 });
    const { entries } = await bob.ask('chat.history', { conversationId: id });
    assert.deepEqual(
      entries.map(({ body }) => body.text),
      ['m1', 'm2', 'after the restore'],
    );
  });
});
