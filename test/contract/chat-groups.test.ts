import assert from 'node:assert/strict';
import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import type { EntryBodies } from '#shared/protocol/chat.ts';
import { randomId } from '#shared/random-id.ts';
import type { NewEntry } from '#ucserver/chat/commit-plan.ts';
import { createdConversationId } from '#ucserver/chat/conversation-id.ts';
import { chatProcedures } from '#ucserver/chat/index.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import type { Database } from '#ucserver/database/index.ts';
import { newCommitter } from './chat-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

for (const engine of engines) {
  describe(`groups over ${engine}`, () => {
    let opened: TestDatabase;
    let database: Database;
    let repository: ChatRepository;
    let conversationId: ConversationId;
    let ada: UserId;
    let bob: UserId;
    let cleo: UserId;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [chatProcedures]);
      ({ database } = opened);
      repository = new ChatRepository(database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(() => {
      [ada, bob, cleo] = ['ada', 'bob', 'cleo'].map((name) => `${name}-${randomId()}`) as [UserId, UserId, UserId];
      conversationId = createdConversationId('group', ada, randomId() as EntryId);
    });

    function entry<K extends keyof EntryBodies>(kind: K, body: EntryBodies[K]): NewEntry {
      const entryId = randomId() as EntryId;
      return { conversationId, entryId, author: ada, kind, body: JSON.stringify(body), at: 1_767_600_000_000 };
    }
    const created = (historyVisible = true) =>
      entry('created', { kind: 'group', title: 'Team', historyVisible, members: [ada, bob], moderators: [ada] });
    const commit = (...entries: NewEntry[]) => {
      const committer = newCommitter(repository);
      return Promise.all(entries.map((each) => committer.commit(each, [ada, bob])));
    };
    const rows = () =>
      database.read(
        database.queries.db
          .selectFrom('conversation_members')
          .select(['user_id', 'joined_seq', 'left_seq', 'read_seq', 'role', 'visible_from'])
          .where('conversation_id', '=', conversationId)
          .orderBy('user_id'),
      );

    it('begins with the entry that creates it, once, and tells the memory copies', async () => {
      const first = created();
      await commit(first);
      await commit(first);
      assert.deepEqual(await rows(), [
        { user_id: ada, joined_seq: 1, left_seq: null, read_seq: 1, role: 'moderator', visible_from: 1 },
        { user_id: bob, joined_seq: 1, left_seq: null, read_seq: 1, role: 'member', visible_from: 1 },
      ]);
      const conversation = (await repository.conversations(bob, [conversationId])).get(conversationId);
      assert.deepEqual([conversation?.kind, conversation?.title, conversation?.lastSeq], ['group', 'Team', 1]);
      const changes = await database.read(
        database.queries.db.selectFrom('changes').select('kind').where('object_id', '=', conversationId),
      );
      // One for the conversation, one for its members; the repetition records nothing.
      assert.equal(changes.length, 2);
    });

    it('does not exist before that', async () => {
      await assert.rejects(commit(entry('rename', { title: 'x' })), { code: 'NOT_FOUND' });
      assert.deepEqual(await rows(), []);
    });

    it('lets people come, go and come again in the order of the log, also within one batch', async () => {
      await commit(created(), entry('members', { added: [cleo, bob], removed: [] }), entry('message', { text: 'x' }));
      const of = async (userId: UserId) => (await rows()).find(({ user_id }) => user_id === userId);
      assert.equal((await of(cleo))?.joined_seq, 2);
      assert.equal((await of(bob))?.joined_seq, 1, 'who is there already stays as they are');
      await commit(entry('members', { added: [], removed: [cleo, 'nobody' as UserId] }));
      assert.deepEqual([(await of(cleo))?.left_seq, (await repository.membersOf(conversationId)).length], [4, 2]);
      const left = (await repository.conversations(cleo, [conversationId])).get(conversationId);
      assert.deepEqual([left?.isLeft, left?.lastSeq, left?.members, left?.lastEntry?.seq], [true, 4, [], 4]);
      await commit(entry('message', { text: 'y' }));
      assert.deepEqual((await repository.newest(cleo, undefined, 5)).length, 1);
      assert.equal((await repository.conversations(cleo, [conversationId])).get(conversationId)?.lastEntry?.seq, 4);
      await commit(entry('members', { added: [cleo], removed: [] }));
      const again = await of(cleo);
      assert.deepEqual([again?.joined_seq, again?.left_seq, again?.read_seq, again?.visible_from], [6, null, 6, 1]);
    });

    it('notes from where newcomers may read, roles, titles and mutes', async () => {
      await commit(created(false), entry('members', { added: [cleo], removed: [] }));
      await commit(entry('role', { userId: cleo, role: 'moderator' }), entry('rename', { title: 'Crew' }));
      await repository.mute({ conversationId, userId: cleo, until: 5 });
      const [, , last] = await rows();
      assert.deepEqual([last?.visible_from, last?.role], [2, 'moderator']);
      const conversation = (await repository.conversations(cleo, [conversationId])).get(conversationId);
      assert.deepEqual([conversation?.title, conversation?.visibleFrom, conversation?.mutedUntil], ['Crew', 2, 5]);
      await commit(entry('members', { added: [], removed: [cleo], moderator: bob }));
      assert.deepEqual(
        (await rows()).map(({ user_id, role }) => [user_id, role]),
        [
          [ada, 'moderator'],
          [bob, 'moderator'],
          [cleo, 'member'],
        ],
      );
    });

    it('counts the groups of people', async () => {
      await commit(created());
      conversationId = createdConversationId('channel', ada, randomId() as EntryId);
      await commit(created(), entry('members', { added: [cleo], removed: [bob] }));
      assert.deepEqual(Object.fromEntries(await repository.groupCounts([ada, bob, cleo])), { [ada]: 2, [bob]: 1, [cleo]: 1 });
    });

    it('takes 500 people at once', async () => {
      const many = Array.from({ length: 500 }, (_, index) => `p${index}-${randomId()}` as UserId);
      await commit(created(), entry('members', { added: many, removed: [] }));
      assert.equal((await repository.membersOf(conversationId)).length, 502);
      const found = await repository.conversations(ada, [conversationId], new Set([conversationId]));
      const conversation = found.get(conversationId);
      assert.deepEqual([conversation?.members, conversation?.positions.length], [undefined, 1]);
    });
  });
}
