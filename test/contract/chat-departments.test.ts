import assert from 'node:assert/strict';
import { type GroupId, groupIdSchema, type UserId } from '#shared/ids.ts';
import type { EntryBodies } from '#shared/protocol/chat.ts';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { departmentConversationId } from '#ucserver/chat/conversation-id.ts';
import { DepartmentFollower } from '#ucserver/chat/department-follower.ts';
import { DepartmentRepository } from '#ucserver/chat/department-repository.ts';
import { chatProcedures } from '#ucserver/chat/index.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import { newCommitter } from './chat-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';
import { testProcedures } from './database-procedures.ts';

for (const engine of engines) {
  describe(`groups of departments over ${engine}`, () => {
    let opened: TestDatabase;
    let repository: ChatRepository;
    let followers: readonly DepartmentFollower[];
    let groupId: GroupId;
    let people: readonly UserId[];

    /** As servers do it: each with a committer of its own, and nothing shared but the database. */
    const follower = () => {
      const committer = newCommitter(repository);
      return new DepartmentFollower({
        departments: { ids: () => [groupId], isIn: () => true, has: () => true, onChange: () => () => undefined },
        repository: new DepartmentRepository(opened.database),
        exists: () => true,
        isFirst: () => true,
        commit: (entry, members) => committer.commit(entry, members),
        clock: systemClock,
        logger: silentLogger,
      });
    };

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [chatProcedures, testProcedures]);
      repository = new ChatRepository(opened.database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      groupId = groupIdSchema.parse(`sales-${randomId()}`);
      people = ['ada', 'bob', 'cleo'].map((name) => `${name}-${randomId()}` as UserId);
      for (const id of people) await opened.database.run(testProcedures.addUser, { id, name: id, at: 1 });
      followers = [follower(), follower(), follower()];
    });

    const set = (name: string, members: readonly (UserId | undefined)[]) =>
      opened.database.run(testProcedures.setDepartment, { id: groupId, name, members: members as UserId[], at: 2 });
    const followAll = () => Promise.all(followers.map((each) => each.follow(groupId)));
    const log = async () => repository.entriesAfter(departmentConversationId(groupId), 0, 100);
    const members = async () => [...(await repository.membersOf(departmentConversationId(groupId)))].sort();

    it('begin once, whoever begins them, without a moderator', async () => {
      await set('Sales', people);
      await followAll();
      const [first, ...others] = await log();
      assert.deepEqual([first?.kind, first?.author, others.length], ['created', 'system', 0]);
      const body = JSON.parse(first?.body ?? '') as EntryBodies['created'];
      assert.deepEqual([body.kind, body.title, body.moderators], ['department', 'Sales', []]);
      assert.deepEqual(await members(), [...people].sort());
    });

    it('follow name and members without doubles, however many servers notice', async () => {
      const [ada, bob, cleo] = people;
      await set('Sales', [ada, bob]);
      await followAll();
      await set('Sales', [bob, cleo]);
      await followAll();
      assert.deepEqual(await members(), [bob, cleo].sort());
      await set('Sales and service', [bob, cleo]);
      await followAll();
      await set('Sales', [bob, cleo, ada]);
      await followAll();
      await followAll();
      assert.deepEqual(
        (await log()).map(({ kind }) => kind),
        ['created', 'members', 'rename', 'rename', 'members'],
      );
      assert.deepEqual(await members(), [...people].sort());
      const conversation = await new DepartmentRepository(opened.database).conversation(departmentConversationId(groupId));
      assert.equal(conversation?.title, 'Sales');
    });

    it('take in more people than one entry names', async function () {
      this.timeout(60_000);
      const many = Array.from({ length: 1_050 }, (_, index) => `crowd-${index}-${randomId()}` as UserId);
      for (const id of many) await opened.database.run(testProcedures.addUser, { id, name: id, at: 1 });
      await set('Everybody', many);
      await followAll();
      assert.equal((await members()).length, many.length);
      assert.deepEqual(
        (await log()).map(({ kind }) => kind),
        ['created', 'members', 'members'],
      );
    });
  });
}
