import assert from 'node:assert/strict';
import type { ConversationId, EntryId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { directConversationId } from '#ucserver/chat/index.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

for (const servers of [1, 2]) {
  describe(`search of messages, on ${servers} server${servers > 1 ? 's' : ''}`, function () {
    this.timeout(60_000);
    let world: World;
    let ada: ChatClient;
    let bob: ChatClient;
    let conversationId: ConversationId;

    beforeEach(async () => {
      world = await World.start(servers);
      ada = world.first.signIn(world.ada);
      bob = world.last.signIn(world.bob);
      conversationId = directConversationId(world.ada, world.bob);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const send = (text: string) => ada.ask('chat.send', { conversationId, entryId: randomId() as EntryId, body: { text } });
    const found = async (client: ChatClient, words: string) =>
      (await client.ask('chat.search', { words })).hits.map(({ seq, snippet }) => [seq, snippet.text]);

    it('finds a message as soon as it is sent, and where to jump to', async () => {
      for (let index = 1; index <= 30; index++) await send(`Nummer ${index}`);
      const { hits } = await bob.ask('chat.search', { words: 'nummer 15' });
      assert.deepEqual(
        hits.map(({ seq, author, snippet }) => ({ seq, author, snippet })),
        [
          {
            seq: 15,
            author: world.ada,
            snippet: {
              text: 'Nummer 15',
              marks: [
                [0, 6],
                [7, 9],
              ],
            },
          },
        ],
      );
      const around = await bob.ask('chat.history', { conversationId, after: 10, limit: 10 });
      assert.deepEqual([around.entries[0]?.seq, around.entries.at(-1)?.seq], [11, 20]);
    });

    it('shows nothing of the conversations of others', async () => {
      await send('geheim');
      const cleo = world.last.signIn(world.cleo);
      assert.deepEqual(await found(cleo, 'geheim'), []);
      assert.equal(await cleo.refusal('chat.search', { words: 'geheim', conversationId }), 'NOT_FOUND');
    });

    it('finds what is pending while the database is away, and once when it is back', async () => {
      await send('Hallo vorher');
      const lock = world.lockDatabase();
      await send('Hallo meanwhile');
      await eventually(
        async () =>
          assert.deepEqual(await found(bob, 'hallo'), [
            [undefined, 'Hallo meanwhile'],
            [1, 'Hallo vorher'],
          ]),
        { everyMs: 500 },
      );
      lock.release();
      await eventually(
        async () =>
          assert.deepEqual(await found(bob, 'hallo'), [
            [2, 'Hallo meanwhile'],
            [1, 'Hallo vorher'],
          ]),
        { withinMs: 8_000, everyMs: 500 },
      );
    });

    it('refuses what is no search, and too many', async () => {
      assert.equal(await ada.refusal('chat.search', {}), 'BAD_REQUEST');
      assert.equal(await ada.refusal('chat.search', { words: '!?' }), 'BAD_REQUEST');
      assert.equal(await ada.refusal('chat.search', { words: 'x', cursor: 'y' }), 'BAD_REQUEST');
      assert.equal(await ada.refusal('chat.search', { from: 2, to: 1 }), 'BAD_REQUEST');
      const codes = await Promise.all(
        Array.from({ length: 20 }, () =>
          ada.ask('chat.search', { words: 'x' }).then(
            () => 'OK',
            ({ code }) => code as string,
          ),
        ),
      );
      assert.deepEqual([...new Set(codes)].sort(), ['OK', 'RATE_LIMITED']);
      assert.deepEqual(await found(bob, 'x'), [], 'only of that session');
    });
  });
}
