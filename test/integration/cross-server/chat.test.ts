import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { type Person, say, textsOf } from '#test/support/person.ts';
import { onOneAndTwoServers } from './places.ts';

onOneAndTwoServers(
  'chat',
  ({ here, there }) => ({ people: { ann: { home: here }, bob: { home: there }, cleo: { home: there } } }),
  (stage) => {
    let ann: Person;
    let bob: Person;

    before(async () => {
      [ann, bob] = await Promise.all([stage().signIn('ann'), stage().signIn('bob')]);
    });

    it('brings the first message of a conversation, says that it arrived and that it was read', async () => {
      const here = await ann.chatWith(bob);
      await say(here, 'Hello');
      await eventually(() => bob.heard.length === 1);
      const there = bob.chats.with(ann.userId);
      assert.ok(there);
      assert.equal(there.log.unread, 1);
      await eventually(() => here.delivery(1) === 'delivered', { what: 'it is marked as delivered' });
      there.markRead();
      await eventually(() => here.delivery(1) === 'read', { what: 'it is marked as read' });
      assert.equal(there.log.unread, 0);
    });

    it('shows that somebody is writing', async () => {
      const [here, there] = [await ann.chatWith(bob), await bob.chatWith(ann)];
      there.tellTyping();
      await eventually(() => here.typing.includes(bob.userId));
      await say(there, 'Sorry for the wait');
      await eventually(() => ann.heard.at(-1) === 'Sorry for the wait');
      assert.deepEqual(here.typing, []);
    });

    it('keeps one order when both write at once, on all devices', async () => {
      const phone = await stage().signIn('ann', 0, 'Phone');
      const [here, there] = [await ann.chatWith(bob), await bob.chatWith(ann)];
      const onPhone = await phone.chatWith(bob);
      const numbers = Array.from({ length: 20 }, (_, index) => index);
      for (const number of numbers) {
        here.send(`ann ${number}`);
        there.send(`bob ${number}`);
      }
      await eventually(() => here.outgoing.length + there.outgoing.length === 0, { withinMs: 5_000 });
      const last = (texts: string[]) => texts.slice(-40);
      await eventually(() => [here, there, onPhone].every(({ log }) => log.entries.at(-1)?.seq === here.log.head));
      await Promise.all([here, there, onPhone].map((each) => each.showNewest()));
      assert.deepEqual(last(textsOf(there)), last(textsOf(here)));
      assert.deepEqual(last(textsOf(onPhone)), last(textsOf(here)));
      assert.deepEqual(
        last(textsOf(here)).filter((text) => text.startsWith('ann')),
        numbers.map((number) => `ann ${number}`),
      );
      await phone.leave();
    });

    it('misses nothing and sees nothing twice after having been away', async () => {
      const cleo = await stage().signIn('cleo');
      const here = await ann.chatWith(cleo);
      await say(here, 'one');
      await eventually(() => cleo.heard.length === 1);
      await cleo.leave();
      await say(here, 'two');
      await say(here, 'three');
      await cleo.client.resume();
      await eventually(() => cleo.heard.length === 3);
      assert.deepEqual(cleo.heard, ['one', 'two', 'three']);
      await say(here, 'four');
      await eventually(() => cleo.heard.length === 4);
      const there = cleo.chats.with(ann.userId);
      assert.ok(there);
      assert.deepEqual(textsOf(there), ['one', 'two', 'three', 'four']);
      assert.equal(there.log.unread, 4);
    });

    it('answers a message that is sent again as the first time, on any server, and refuses another of the same id', async () => {
      const { id: conversationId, log } = await ann.chatWith(bob);
      const entryId = 'the-same-id' as never;
      const send = (text: string, by = ann) => by.client.call('chat.send', { conversationId, entryId, body: { text } });
      const first = await send('once');
      assert.deepEqual(await send('once'), first);
      await assert.rejects(send('something else'), { code: 'ID_CONFLICT' });
      await assert.rejects(send('once', bob), { code: 'ID_CONFLICT' });
      const { head } = await bob.client.call('chat.history', { conversationId });
      assert.equal(head.seq, log.head + 1);
    });

    it('reads history by pages without gaps', async () => {
      const { id: conversationId, log } = await ann.chatWith(bob);
      const seqs: number[] = [];
      for (let before: number | undefined; before !== 1; before = seqs[0]) {
        const page = await bob.client.call('chat.history', {
          conversationId,
          limit: 7,
          ...(before === undefined ? {} : { before }),
        });
        assert.equal(page.more, (page.entries[0]?.seq ?? 1) > 1);
        seqs.unshift(...page.entries.map(({ seq }) => seq));
      }
      assert.deepEqual(
        seqs,
        Array.from({ length: seqs.length }, (_, index) => index + 1),
      );
      assert.ok(seqs.length >= log.head);
    });

    it('gives single entries with what became of them, and shows an old part as it is now', async () => {
      const [here, there] = [await ann.chatWith(bob), await bob.chatWith(ann)];
      const [first] = here.log.entries;
      assert.ok(first);
      const target = first.entryId;
      await ann.client.call('chat.edit', { conversationId: here.id, entryId: 'an-edit' as never, target, text: 'Good day' });
      await there.react(target, '👍', true);
      const { entries } = await bob.client.call('chat.entries', { conversationId: here.id, entryIds: [target, 'none' as never] });
      assert.deepEqual(
        entries.map(({ kind }) => kind),
        ['message', 'edit', 'reaction'],
      );
      assert.equal(entries[0]?.seq, first.seq);
      await there.openAt(first.seq);
      const shown = there.shown.messages.find(({ entryId }) => entryId === target);
      assert.deepEqual([shown?.text, shown?.earlier], ['Good day', ['Hello']]);
      assert.deepEqual(shown?.reactions, [{ emoji: '👍', users: [bob.userId] }]);
    });

    it('shows a conversation to nobody else', async () => {
      const { id: conversationId, log } = await ann.chatWith(bob);
      const entryIds = log.entries.slice(0, 1).map(({ entryId }) => entryId);
      const cleo = await stage().signIn('cleo', 0, 'Other');
      await assert.rejects(cleo.client.call('chat.history', { conversationId }), { code: 'NOT_FOUND' });
      await assert.rejects(cleo.client.call('chat.entries', { conversationId, entryIds }), { code: 'NOT_FOUND' });
      await assert.rejects(cleo.client.call('chat.send', { conversationId, entryId: 'x' as never, body: { text: 'x' } }), {
        code: 'NOT_FOUND',
      });
      await cleo.leave();
    });
  },
);
