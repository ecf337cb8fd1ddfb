import assert from 'node:assert/strict';
import type { EntryId, GroupId, UserId } from '#shared/ids.ts';
import { randomId } from '#shared/random-id.ts';
import { eventually } from '#test/support/eventually.ts';
import { testProcedures } from '../../contract/database-procedures.ts';
import type { ChatClient } from './chat-server.ts';
import { World } from './world.ts';

const sales = 'sales' as GroupId;

for (const servers of [1, 2]) {
  describe(`groups of departments on ${servers} server${servers > 1 ? 's' : ''}`, function () {
    this.timeout(30_000);
    let world: World;
    let ada: ChatClient;
    let bob: ChatClient;
    let cleo: ChatClient;

    beforeEach(async () => {
      world = await World.start(servers);
      ada = world.first.signIn(world.ada);
      bob = world.last.signIn(world.bob);
      cleo = world.last.signIn(world.cleo);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const set = (members: readonly UserId[], name = 'Sales') =>
      world.first.storage.database.run(testProcedures.setDepartment, { id: sales, name, members, at: 2 });
    const open = (client: ChatClient) => client.ask('chat.openDepartment', { groupId: sales });

    it('are the same for everybody of the department, and for nobody else', async () => {
      await set([world.ada, world.bob]);
      const [one, other] = await Promise.all([open(ada), open(bob)]);
      assert.deepEqual([one.kind, one.title, one.members, one.moderators], ['department', 'Sales', ['ada', 'bob'], undefined]);
      assert.equal(other.conversationId, one.conversationId);
      assert.equal(await cleo.refusal('chat.openDepartment', { groupId: sales }), 'FORBIDDEN');
      assert.equal(await cleo.refusal('chat.openDepartment', { groupId: 'none' as GroupId }), 'NOT_FOUND');
      assert.equal(await cleo.refusal('chat.history', { conversationId: one.conversationId }), 'NOT_FOUND');
    });

    it('follow the directory, and tell of it', async () => {
      await set([world.ada, world.bob]);
      const { conversationId } = await open(ada);
      await set([world.ada, world.cleo]);
      await eventually(() =>
        assert.deepEqual(
          cleo.heard('chat.entry').map(({ kind, author, body }) => [kind, author, body.added, body.removed]),
          [['members', 'system', ['cleo'], ['bob']]],
        ),
      );
      await eventually(() => assert.ok(bob.heard('chat.entry').some(({ kind }) => kind === 'members')));
      await set([world.ada, world.cleo], 'Service');
      await eventually(() => assert.ok(ada.heard('chat.entry').some(({ kind }) => kind === 'rename')));
      const { entries } = await ada.ask('chat.history', { conversationId });
      assert.deepEqual(
        entries.map(({ seq, kind }) => `${seq} ${kind}`),
        ['1 created', '2 members', '3 rename'],
      );
      const entryId = randomId() as EntryId;
      assert.equal(await bob.refusal('chat.send', { conversationId, entryId, body: { text: 'x' } }), 'NOT_FOUND');
      await cleo.ask('chat.send', { conversationId, entryId, body: { text: 'Hello' } });
      await eventually(() => assert.equal(ada.heard('chat.entry').at(-1)?.body.text, 'Hello'));
    });

    it('cannot be changed by hand', async () => {
      await set([world.ada, world.bob]);
      const { conversationId } = await open(ada);
      const ids = { conversationId, entryId: randomId() as EntryId };
      assert.equal(await ada.refusal('chat.addMembers', { ...ids, members: [world.cleo] }), 'FORBIDDEN');
      assert.equal(await ada.refusal('chat.rename', { ...ids, title: 'Mine' }), 'FORBIDDEN');
      assert.equal(await ada.refusal('chat.leave', ids), 'FORBIDDEN');
    });

    it('begin only for departments that are not too large', async () => {
      world.limits.groups.members = 1;
      await set([world.ada, world.bob]);
      assert.equal(await ada.refusal('chat.openDepartment', { groupId: sales }), 'TOO_LARGE');
    });
  });
}
