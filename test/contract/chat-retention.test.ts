import assert from 'node:assert/strict';
import type { ConversationId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { chatProcedures, retentionProcedures } from '#ucserver/chat/index.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import { RetentionCleaner, RetentionRepository } from '#ucserver/chat/retention/index.ts';
import { newCommitter, Pair } from './chat-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

const dayMs = 86_400_000;

for (const engine of engines) {
  describe(`retention of messages over ${engine}`, function () {
    this.timeout(60_000);
    let opened: TestDatabase;
    let chat: ChatRepository;
    let retention: RetentionRepository;
    let pair: Pair;

    before(async function () {
      opened = await openTestDatabase(engine, this, [chatProcedures, retentionProcedures]);
      chat = new ChatRepository(opened.database);
      retention = new RetentionRepository(opened.database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(() => {
      pair = new Pair();
    });

    const write = async (count: number, ageDays: number, kind = 'message') => {
      const committer = newCommitter(chat);
      const at = Date.now() - ageDays * dayMs;
      const body = JSON.stringify(kind === 'reaction' ? { target: 'x', emoji: '👍', on: true } : { text: 'secret' });
      const entries = Array.from({ length: count }, (_, index) => pair.entry(`${kind}-${ageDays}-${index}`, { at, kind, body }));
      await Promise.all(entries.map((entry) => committer.commit(entry, pair.members)));
    };
    const cleaner = (holder = 's1:1', messageDays = 30, told: number[] = []) =>
      new RetentionCleaner({
        ...{ repository: retention, messageDays: () => messageDays, holder: () => holder, everyMs: 60_000, restMs: 0 },
        ...{ onOld: (before) => told.push(before), clock: systemClock, logger: silentLogger },
      });
    const bodies = async (id: ConversationId = pair.id) => {
      const found: string[] = [];
      for (let after = 0; ; after += 200) {
        const page = await chat.entriesAfter(id, after, 200);
        found.push(...page.map(({ body }) => body));
        if (page.length < 200) return found;
      }
    };

    it('empties what is too old in any number of steps, leaves numbers and what is young, and does it once', async () => {
      await write(450, 40);
      await write(1, 40, 'reaction');
      await write(5, 1);
      const told: number[] = [];
      await cleaner('s1:1', 30, told).run();
      const all = await bodies();
      assert.equal(all.length, 456);
      assert.ok(all.slice(0, 450).every((body) => body === '{}'));
      assert.match(all[450] ?? '', /👍/);
      assert.ok(all.slice(451).every((body) => body.includes('secret')));
      assert.equal(told.length, 1);
      await cleaner().run();
      assert.deepEqual(await bodies(), all);
      const [first] = await chat.entriesAfter(pair.id, 0, 1);
      assert.deepEqual([first?.seq, first?.author, first?.kind], [1, pair.ada, 'message']);
    });

    it('does nothing without a limit, and nothing while another server is at it', async () => {
      await write(3, 40);
      await cleaner('s1:1', 0).run();
      const now = Date.now();
      await retention.hold({ name: 'chat.retention', holder: 's2:1', now: now + 120_000, until: now + 240_000 });
      await cleaner('s1:1').run();
      assert.ok((await bodies()).every((body) => body.includes('secret')));
      assert.equal(
        await retention.hold({ name: 'chat.retention', holder: 's1:1', now: now + 300_000, until: now + 300_001 }),
        true,
        'a lease that has ended may be taken',
      );
    });
  });
}
