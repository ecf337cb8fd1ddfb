import assert from 'node:assert/strict';
import type { ConversationId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { DraftRepository } from '#ucserver/chat/drafts/index.ts';
import { chatProcedures, draftProcedures, retentionProcedures } from '#ucserver/chat/index.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import { RetentionCleaner, RetentionRepository } from '#ucserver/chat/retention/index.ts';
import type { ChatDays } from '#ucserver/chat/settings.ts';
import { newCommitter, Pair } from './chat-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

const dayMs = 86_400_000;

/** What a cleaner says it has done. */
interface Told {
  readonly old: number[];
  readonly emptied: number[];
}

for (const engine of engines) {
  describe(`retention of messages over ${engine}`, function () {
    this.timeout(60_000);
    let opened: TestDatabase;
    let chat: ChatRepository;
    let retention: RetentionRepository;
    let drafts: DraftRepository;
    let pair: Pair;

    before(async function () {
      opened = await openTestDatabase(engine, this, [chatProcedures, draftProcedures, retentionProcedures]);
      chat = new ChatRepository(opened.database);
      retention = new RetentionRepository(opened.database);
      drafts = new DraftRepository(opened.database);
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
    const cleaner = (holder = 's1:1', days: Partial<ChatDays> = { messages: 30 }, told: Told = { old: [], emptied: [] }) =>
      new RetentionCleaner({
        ...{ repository: retention, drafts, holder: () => holder, everyMs: 60_000, restMs: 0 },
        ...{ days: () => ({ messages: 0, drafts: 0, ...days }), clock: systemClock, logger: silentLogger },
        onOld: (before) => told.old.push(before),
        onEmptied: (id, upTo) => id === pair.id && told.emptied.push(upTo),
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
      const told: Told = { old: [], emptied: [] };
      await cleaner('s1:1', { messages: 30 }, told).run();
      const all = await bodies();
      assert.equal(all.length, 456);
      assert.ok(all.slice(0, 450).every((body) => body === '{}'));
      assert.match(all[450] ?? '', /👍/);
      assert.ok(all.slice(451).every((body) => body.includes('secret')));
      assert.deepEqual([told.old.length, told.emptied], [1, [200, 400, 451]]);
      assert.equal((await chat.conversations(pair.bob, [pair.id])).get(pair.id)?.emptiedUpTo, 451);
      await cleaner().run();
      assert.deepEqual(await bodies(), all);
      const [first] = await chat.entriesAfter(pair.id, 0, 1);
      assert.deepEqual([first?.seq, first?.author, first?.kind], [1, pair.ada, 'message']);
    });

    it('deletes drafts that nobody goes on with, in any number of steps', async () => {
      const text = 'begun';
      const old = Date.now() - 40 * dayMs;
      const id = (index: number) => `d-${index}` as ConversationId;
      for (let index = 0; index < 203; index++)
        await drafts.set(pair.ada, { conversationId: id(index), text, version: old }, 300);
      await drafts.set(pair.ada, { conversationId: pair.id, text, version: Date.now() }, 300);
      const left = async () => (await drafts.page(pair.ada, '', 300)).length;
      await cleaner('s1:1', { messages: 30 }).run();
      assert.equal(await left(), 204);
      await cleaner('s1:1', { drafts: 30 }).run();
      assert.equal(await left(), 1);
    });

    it('does nothing without a limit, and nothing while another server is at it', async () => {
      await write(3, 40);
      await cleaner('s1:1', { messages: 0 }).run();
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
