import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { type Person, say } from '#test/support/person.ts';
import type { LiveConversation, ShownMessage } from '#web/api/index.ts';
import { onOneAndTwoServers } from './places.ts';

const newest = ({ messages }: LiveConversation): ShownMessage => {
  const last = messages.at(-1);
  assert.ok(last);
  return last;
};

onOneAndTwoServers(
  'what happens to messages and groups',
  ({ here, there }) => ({ people: { ann: { home: here }, bob: { home: there }, cleo: { home: there } } }),
  (stage) => {
    let ann: Person;
    let bob: Person;
    let cleo: Person;

    before(async () => {
      [ann, bob, cleo] = await Promise.all([stage().signIn('ann'), stage().signIn('bob'), stage().signIn('cleo')]);
    });

    const groupOf = async (person: Person, { id }: LiveConversation): Promise<LiveConversation> => {
      await eventually(() => person.chats.get(id) !== undefined);
      const live = person.chats.get(id);
      assert.ok(live);
      return live;
    };

    it('shows an edit, a reaction and that a message was taken back, on both sides', async () => {
      const here = await ann.chatWith(bob);
      await say(here, 'Helo');
      const { entryId } = newest(here);
      await here.edit(entryId, 'Hello');
      await eventually(() => bob.chats.with(ann.userId)?.messages.at(-1)?.text === 'Hello');
      const there = await bob.chatWith(ann);
      await there.react(entryId, '👍', true);
      await eventually(() => assert.deepEqual(newest(here).reactions, [{ emoji: '👍', users: [bob.userId] }]));
      assert.deepEqual(newest(there).earlier, ['Helo']);
      await here.takeBack(entryId);
      await eventually(() => newest(there).text === undefined);
      assert.equal(newest(here).text, undefined);
    });

    it('brings a group to everybody in it, follows who comes and goes, and keeps it apart from what two say', async () => {
      const here = await ann.chats.createGroup('Team', [bob.userId]);
      const there = await groupOf(bob, here);
      await say(here, 'Welcome');
      await eventually(() => newest(there).text === 'Welcome');
      assert.notEqual(bob.chats.with(ann.userId)?.id, there.id);
      await here.addMembers([cleo.userId]);
      const hers = await groupOf(cleo, here);
      await hers.showNewest();
      assert.equal(newest(hers).text, 'Welcome');
      await say(hers, 'Hello all');
      for (const live of [here, there]) await eventually(() => newest(live).text === 'Hello all');
      await here.rename('Crew');
      await here.setRole(bob.userId, 'moderator');
      await eventually(() => assert.deepEqual([there.log.title, there.log.moderators.length], ['Crew', 2]));
      await there.removeMembers([cleo.userId]);
      await eventually(() => hers.log.left);
      await say(here, 'Only us');
      await eventually(() => newest(there).text === 'Only us');
      assert.equal(newest(hers).text, 'Hello all');
      for (const live of [here, there]) assert.deepEqual([...live.log.members].sort(), [ann.userId, bob.userId].sort());
    });

    it('forwards into a group, mutes for one, and lets people leave', async () => {
      const direct = await ann.chatWith(cleo);
      await say(direct, 'Worth knowing');
      const here = await ann.chats.createGroup('News', [bob.userId, cleo.userId]);
      await here.forward({ conversationId: direct.id, entryId: newest(direct).entryId });
      assert.deepEqual([newest(here).text, newest(here).forwarded?.author], ['Worth knowing', ann.userId]);
      const there = await groupOf(bob, here);
      await eventually(() => newest(there).text === 'Worth knowing');
      await there.mute(1_900_000_000_000);
      assert.equal(there.log.mutedUntil, 1_900_000_000_000);
      await here.leave();
      assert.ok(here.log.left);
      await eventually(() => assert.equal(there.log.members.includes(ann.userId), false));
      assert.equal(there.log.moderators.length, 1);
    });
  },
);
