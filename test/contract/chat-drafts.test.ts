import assert from 'node:assert/strict';
import type { ConversationId, EntryId, UserId } from '#shared/ids.ts';
import { mostDrafts } from '#shared/protocol/chat-drafts.ts';
import { randomId } from '#shared/random-id.ts';
import { DraftRepository, draftProcedures } from '#ucserver/chat/drafts/index.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

for (const engine of engines) {
  describe(`drafts over ${engine}`, () => {
    let opened: TestDatabase;
    let repository: DraftRepository;
    let ada: UserId;
    const conversationId = 'd-one' as ConversationId;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [draftProcedures]);
      repository = new DraftRepository(opened.database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(() => {
      ada = `ada-${randomId()}` as UserId;
    });

    it('keep the newest, and answer the one in force', async () => {
      const replyTo = 'e1' as EntryId;
      const called = [{ userId: 'bob' as UserId, name: 'Bob' }];
      const first = { conversationId, text: 'Hel @Bob', replyTo, called, version: 10 };
      assert.deepEqual(await repository.set(ada, first, mostDrafts), first);
      const newer = { conversationId, text: 'Hello "you" 👋', version: 12 };
      assert.deepEqual(await repository.set(ada, newer, mostDrafts), newer);
      assert.deepEqual(await repository.set(ada, { ...first, version: 11 }, mostDrafts), newer);
      assert.deepEqual(await repository.page(ada, '', 10), [newer]);
    });

    it('are gone when they are taken back, and an older one does not come again', async () => {
      await repository.set(ada, { conversationId, text: 'x', version: 1 }, mostDrafts);
      await repository.set(ada, { conversationId, text: '', version: 3 }, mostDrafts);
      assert.deepEqual(await repository.set(ada, { conversationId, text: 'late', version: 2 }, mostDrafts), {
        conversationId,
        text: '',
        version: 3,
      });
      assert.deepEqual(await repository.page(ada, '', 10), []);
    });

    it('are read in pages, and only the newest are kept', async () => {
      const id = (index: number) => `d-${String(index).padStart(4, '0')}` as ConversationId;
      for (let index = 0; index < mostDrafts + 3; index++)
        await repository.set(ada, { conversationId: id(index), text: `${index}`, version: index + 1 }, mostDrafts);
      const read: string[] = [];
      for (let after = ''; ; ) {
        const page = await repository.page(ada, after, 64);
        read.push(...page.map(({ text }) => text));
        if (page.length < 64) break;
        after = page.at(-1)?.conversationId ?? '';
      }
      assert.deepEqual([read.length, read[0], read.at(-1)], [mostDrafts, '3', String(mostDrafts + 2)]);
    });
  });
}
