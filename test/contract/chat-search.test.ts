import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ConversationId, type UserId, userIdSchema } from '#shared/ids.ts';
import type { ParamsIn } from '#shared/protocol/index.ts';
import { randomId } from '#shared/random-id.ts';
import { runs } from '#test/support/effort.ts';
import type { NewEntry } from '#ucserver/chat/commit-plan.ts';
import { chatProcedures, searchProcedures } from '#ucserver/chat/index.ts';
import { SearchWorld, said } from './chat-search-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

const day = 86_400_000;
const start = 1_767_600_000_000;

for (const engine of engines) {
  describe(`search over ${engine}`, () => {
    let opened: TestDatabase;
    let world: SearchWorld;
    let ada: UserId;
    let bob: UserId;
    let group: ConversationId;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [chatProcedures, searchProcedures]);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      world = new SearchWorld(opened.database);
      [ada, bob] = ['ada', 'bob'].map((name) => userIdSchema.parse(`${name}-${randomId()}`)) as [UserId, UserId];
      group = await world.group([ada, bob]);
    });

    const write = async (text: string, over: Partial<Pick<NewEntry, 'at' | 'author'>> = {}) => {
      const { author = ada, ...rest } = over;
      const entry = said(group, author, { text }, rest);
      await world.commit(entry);
      return entry;
    };
    const change = (kind: string, { entryId: target }: NewEntry, more: object = {}) =>
      world.commit(said(group, ada, { target, ...more }, { kind }));
    const textsOf = async (userId: UserId, asked: ParamsIn<'chat.search'>) =>
      (await world.searchAll(userId, asked)).map(({ snippet }) => snippet.text);
    /** Each check before the index has followed, and after. */
    const unindexedAndIndexed = async (check: () => Promise<void>) => {
      await check();
      await world.indexer.catchUp();
      await check();
    };

    it('finds beginnings of words whatever their case, accents and order', async () => {
      await write('Die Übergabe im Café an Herrn Müller');
      await write('etwas ganz anderes');
      await unindexedAndIndexed(async () => {
        for (const words of ['uberg', 'ueberg', 'ÜBER caf', 'mueller café', 'müll herrn', 'MULLER'])
          assert.equal((await textsOf(bob, { words })).length, 1, words);
        for (const words of ['gabe', 'übergabe fehlt', 'mülleimer']) assert.deepEqual(await textsOf(bob, { words }), [], words);
      });
    });

    it('finds by author, time, conversation and files, and by all together', async () => {
      const other = await world.group([ada, bob]);
      await write('alpha one');
      await write('alpha two', { author: bob, at: start + day });
      const file = { fileId: 'f', name: 'Angebot.pdf', size: 1, type: 'application/pdf' };
      await world.commit(said(other, bob, { text: 'alpha three', files: [file] }, { at: start + 2 * day }));
      await unindexedAndIndexed(async () => {
        assert.deepEqual(await textsOf(ada, { author: bob }), ['alpha three\nAngebot.pdf', 'alpha two']);
        assert.deepEqual(await textsOf(ada, { conversationId: group }), ['alpha two', 'alpha one']);
        assert.deepEqual(await textsOf(ada, { from: start + day, to: start + day }), ['alpha two']);
        assert.deepEqual(await textsOf(ada, { from: start + day + 1 }), ['alpha three\nAngebot.pdf']);
        assert.deepEqual(await textsOf(ada, { hasFile: true }), ['alpha three\nAngebot.pdf']);
        assert.deepEqual(await textsOf(ada, { words: 'angebot' }), ['alpha three\nAngebot.pdf']);
        assert.deepEqual(await textsOf(ada, { words: 'alpha', author: bob, conversationId: group, from: start }), ['alpha two']);
        assert.deepEqual(await textsOf(ada, { words: 'alpha', author: ada, hasFile: true }), []);
      });
    });

    it('finds what a message says now: edited, deleted, and edited once more after it was indexed', async () => {
      const first = await write('apfel');
      const second = await write('birne');
      await unindexedAndIndexed(async () => assert.equal((await textsOf(bob, { words: 'apfel' })).length, 1));
      await change('edit', first, { text: 'kirsche' });
      await change('delete', second);
      await unindexedAndIndexed(async () => {
        assert.deepEqual(await textsOf(bob, { words: 'apfel' }), []);
        assert.deepEqual(await textsOf(bob, { words: 'birne' }), []);
        assert.deepEqual(await textsOf(bob, { words: 'kirsche' }), ['kirsche']);
        assert.deepEqual(await textsOf(bob, { author: ada }), ['kirsche']);
      });
      const tokens = opened.database.queries.db.selectFrom('search_tokens').select('token');
      const left = await opened.database.read(tokens.where('token', 'in', ['apfel', 'birn', 'birne']));
      assert.deepEqual(left, [], 'words that were taken back leave the index');
    });

    it('shows nobody what they may not read', async () => {
      const [cleo, dora] = ['cleo', 'dora'].map((name) => userIdSchema.parse(`${name}-${randomId()}`)) as [UserId, UserId];
      group = await world.group([ada, bob], false);
      await write('geheim eins');
      await world.commit(said(group, ada, { added: [cleo], removed: [] }, { kind: 'members' }));
      await write('geheim zwei');
      await world.commit(said(group, ada, { added: [], removed: [cleo] }, { kind: 'members' }));
      const third = await write('geheim drei');
      await change('edit', third, { text: 'geheim vier' });
      await unindexedAndIndexed(async () => {
        assert.deepEqual(await textsOf(cleo, { words: 'geheim' }), ['geheim zwei'], 'after they came and before they left');
        assert.deepEqual(await textsOf(dora, { words: 'geheim' }), []);
        assert.equal((await textsOf(ada, { words: 'geheim' })).length, 3);
      });
    });

    it('shows somebody who has left what a message said then', async () => {
      const message = await write('vorher');
      await world.commit(said(group, ada, { added: [], removed: [bob] }, { kind: 'members' }));
      await change('edit', message, { text: 'nachher' });
      await unindexedAndIndexed(async () => assert.deepEqual(await textsOf(bob, { words: 'nachher' }), []));
      assert.deepEqual(await textsOf(ada, { words: 'nachher' }), ['nachher']);
    });

    it('includes what is pending, as it will be', async () => {
      const stored = await write('alt eins');
      await write('alt zwei', { at: start + 1 });
      const fresh = said(group, ada, { text: 'alt neu' }, { at: start + 5 });
      const gone = said(group, ada, { text: 'alt weg' });
      world.pending = [
        fresh,
        gone,
        said(group, ada, { target: gone.entryId }, { kind: 'delete' }),
        said(group, ada, { target: stored.entryId, text: 'jung' }, { kind: 'edit' }),
      ];
      await unindexedAndIndexed(async () => {
        const { hits } = await world.search(bob, { words: 'alt' });
        assert.deepEqual(
          hits.map(({ seq, snippet }) => [seq, snippet.text]),
          [
            [undefined, 'alt neu'],
            [3, 'alt zwei'],
          ],
        );
        assert.deepEqual(await textsOf(bob, { words: 'jung' }), ['jung']);
      });
    });

    it('shows nobody a message from before they came when its new text is pending', async () => {
      const cleo = userIdSchema.parse(`cleo-${randomId()}`);
      group = await world.group([ada, bob], false);
      const before = await write('alt');
      await world.commit(said(group, ada, { added: [cleo], removed: [] }, { kind: 'members' }));
      const after = await write('alt');
      world.pending = [before, after].map(({ entryId }) => said(group, ada, { target: entryId, text: 'jung' }, { kind: 'edit' }));
      await unindexedAndIndexed(async () => {
        assert.deepEqual(await textsOf(cleo, { words: 'jung' }), ['jung']);
        assert.deepEqual(await textsOf(bob, { words: 'jung' }), ['jung', 'jung']);
      });
    });

    it('answers in pages without gap or overlap, also over many parts and equal times', async function () {
      this.timeout(60_000);
      const groups = [group, await world.group([ada, bob]), await world.group([ada, bob])];
      const entries = groups.flatMap((id, index) =>
        Array.from({ length: 700 }, (_, number) =>
          said(
            id,
            number % 2 === 0 ? ada : bob,
            { text: `wort ${number % 7} ${number}` },
            { at: start + ((number * 37 + index) % 211) * day },
          ),
        ),
      );
      await world.commit(...entries);
      await world.indexer.catchUp();
      const parts = await opened.database.read(
        opened.database.queries.db.selectFrom('search_parts').select('number').where('conversation_id', 'in', groups),
      );
      assert.ok(parts.length >= 6);
      for (const asked of [{ words: 'wort 3' }, { words: 'w', author: bob }, { from: start + 50 * day, to: start + 60 * day }])
        assert.deepEqual(await world.searchAll(ada, { ...asked, limit: 50 }), await world.naive(ada, asked));
    });

    it('finds what a naive search finds', async function () {
      this.timeout(240_000);
      const words = ['anna', 'ännchen', 'aenne', 'bus', 'busse', 'straße', 'strasse', '東京', '東京都', 'x'];
      const text = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((some) => some.join(' '));
      const act = fc.record({
        kind: fc.constantFrom('message', 'message', 'message', 'edit', 'delete', 'index', 'leave', 'come'),
        where: fc.nat(2),
        target: fc.nat(20),
        who: fc.nat(1),
        at: fc.nat(8),
        text,
      });
      const query = fc.record(
        {
          words: text,
          author: fc.nat(1),
          where: fc.nat(2),
          from: fc.nat(8),
          to: fc.nat(8),
          limit: fc.integer({ min: 1, max: 5 }),
        },
        { requiredKeys: ['limit'] },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(act, { maxLength: 40 }),
          fc.array(query, { minLength: 1, maxLength: 6 }),
          async (acts, queries) => {
            const people = ['ada', 'bob'].map((name) => userIdSchema.parse(`${name}-${randomId()}`)) as [UserId, UserId];
            const groups = [await world.group(people), await world.group(people, false), await world.group(people)];
            const written = new Map(groups.map((id) => [id, [] as NewEntry[]]));
            for (const { kind, where, target, who, at, text: said1 } of acts) {
              const id = groups[where] as ConversationId;
              const messages = written.get(id) ?? [];
              const about = messages[target % Math.max(messages.length, 1)];
              const author = people[who] as UserId;
              const over = { at: start + at };
              if (kind === 'index') await world.indexer.catchUp();
              else if (kind === 'message') {
                const entry = said(id, author, { text: said1 }, over);
                messages.push(entry);
                await world.commit(entry);
              } else if (kind === 'leave' || kind === 'come') {
                const moved = { added: kind === 'come' ? [people[1]] : [], removed: kind === 'leave' ? [people[1]] : [] };
                await world.commit(said(id, people[0], moved, { kind: 'members', ...over }));
              } else if (about !== undefined) {
                const body = { target: about.entryId, ...(kind === 'edit' ? { text: said1 } : {}) };
                await world.commit(said(id, about.author, body, { kind, ...over }));
              }
            }
            for (const { author, where, from, to, limit, words: typed } of queries) {
              const asked = {
                ...(typed === undefined && author === undefined ? { words: 'bus' } : {}),
                ...(typed === undefined ? {} : { words: typed }),
                ...(author === undefined ? {} : { author: people[author] as UserId }),
                ...(where === undefined ? {} : { conversationId: groups[where] as ConversationId }),
                ...(from === undefined ? {} : { from: start + from }),
                ...(to === undefined ? {} : { to: start + Math.max(to, from ?? 0) }),
              };
              for (const reader of people) {
                const hits = await world.searchAll(reader, { ...asked, limit });
                const expected = await world.naive(reader, asked);
                // Who has left does not find by the old text what was edited since; they may find less, never more.
                const found = new Set(hits.map(({ entryId }) => entryId));
                const isWhole = reader === people[0];
                assert.deepEqual(hits, isWhole ? expected : expected.filter(({ entryId }) => found.has(entryId)));
              }
            }
          },
        ),
        { numRuns: runs(8) },
      );
    });
  });
}
