import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import type { Person } from '#test/support/person.ts';
import type { LiveConversation } from '#web/api/index.ts';
import { onOneAndTwoServers } from './places.ts';

/** More than a client reads down for the sake of an unbroken log. */
const messages = 760;
const atOnce = 20;

onOneAndTwoServers(
  'far back in a conversation',
  ({ here, there }) => ({ people: { ann: { home: here }, bob: { home: there } } }),
  (stage) => {
    let ann: Person;
    let bob: Person;
    let phone: Person;
    let seen: LiveConversation;

    before(async function () {
      this.timeout(120_000);
      [ann, bob] = await Promise.all([stage().signIn('ann'), stage().signIn('bob')]);
      const [here, there] = [await ann.chatWith(bob), await bob.chatWith(ann)];
      for (let from = 0; from < messages; from += atOnce) {
        for (let number = from; number < from + atOnce; number++) (number % 2 === 0 ? here : there).send(`message ${number}`);
        await eventually(() => here.outgoing.length + there.outgoing.length === 0, { withinMs: 30_000, what: 'all are stored' });
      }
      phone = await stage().signIn('ann', 0, 'Phone');
      seen = await phone.chatWith(bob);
      await seen.showNewest();
    });

    const seqs = () => seen.shown.entries.map(({ seq }) => seq);

    it('one looks at an old part on its own, as it is now, and what happens to it meanwhile is seen', async () => {
      const there = await bob.chatWith(ann);
      await there.showNewest();
      await there.openAt(2);
      const target = there.shown.messages.find(({ author }) => author === bob.userId)?.entryId;
      assert.ok(target);
      await there.edit(target, 'changed before');
      await seen.openAt(2);
      assert.deepEqual([seen.shown.isNewest, seqs()[0], seen.wanted?.seq], [false, 1, 2]);
      const old = () => seen.shown.messages.find(({ entryId }) => entryId === target);
      assert.deepEqual([old()?.text, old()?.earlier.length], ['changed before', 1]);
      await there.react(target, '👍', true);
      await there.edit(target, 'changed meanwhile');
      await eventually(() => assert.equal(old()?.text, 'changed meanwhile'));
      assert.deepEqual(old()?.reactions, [{ emoji: '👍', users: [bob.userId] }]);
      await there.takeBack(target);
      await eventually(() => assert.equal(old()?.text, undefined));
      assert.equal(seen.shown.isNewest, false);
    });

    it('one reads on in both directions without a gap, until it is the newest part', async () => {
      const middle = 150;
      await seen.openAt(middle);
      assert.ok(seqs().includes(middle) && (seqs()[0] ?? 0) > 1);
      while (!seen.shown.isFirst) await seen.loadEarlier();
      assert.equal(seqs()[0], 1);
      while (!seen.shown.isNewest) await seen.loadLater();
      const { head } = seen.log;
      assert.deepEqual(
        seqs(),
        Array.from({ length: head }, (_, index) => index + 1),
      );
      assert.ok(seen.shown.messages.some(({ text }) => text === 'message 0'));
      const there = await bob.chatWith(ann);
      there.send('the newest of all');
      await eventually(() => assert.equal(seen.messages.at(-1)?.text, 'the newest of all'));
    });
  },
);
