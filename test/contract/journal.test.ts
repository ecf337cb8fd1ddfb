import assert from 'node:assert/strict';
import { type CallId, randomId, type UserId } from '#shared/ids.ts';
import type { JournalEntry } from '#shared/protocol/journal.ts';
import { eraseCalls, exportCalls, JournalRepository, journalProcedures } from '#ucserver/journal/index.ts';
import { toEntry, toNewRow } from '#ucserver/journal/journal-plan.ts';
import { type JournalRowInput, journalRowSchema } from '#ucserver/journal/journal-row.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

for (const engine of engines) {
  describe(`the journal over ${engine}`, function () {
    this.timeout(60_000);
    let opened: TestDatabase;
    let repository: JournalRepository;
    let ada: UserId;

    before(async function () {
      opened = await openTestDatabase(engine, this, [journalProcedures]);
      repository = new JournalRepository(opened.database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(() => {
      ada = `ada-${randomId()}` as UserId;
    });

    const rowOf = (callId: string, changes: Partial<JournalRowInput> = {}): JournalRowInput => ({
      ...{ userId: ada, callId: callId as CallId, scenarioId: callId as CallId, direction: 'incoming', scope: 'external' },
      ...{ peer: { number: '+49301234567', name: 'Zoë Müller 👋' }, startedAt: 1_000, endedAt: 9_000, result: 'missed', term: 1 },
      ...changes,
    });
    const record = (...rows: JournalRowInput[]) => repository.record(rows.map((row) => toNewRow(journalRowSchema.parse(row))));
    const all = { after: undefined, from: undefined, to: undefined, limit: 100 };
    const listed = async (userId = ada, range: Partial<Parameters<JournalRepository['page']>[0]> = {}): Promise<JournalEntry[]> =>
      (await repository.page({ userId, ...all, ...range })).map(toEntry);

    it('keeps a call once, whoever records it and however often', async () => {
      const row = rowOf('c1', { transferredTo: { userId: ada, name: 'Ada' }, sipStatus: 486 });
      assert.equal((await record(row)).length, 1);
      assert.deepEqual(await record(row, row), []);
      const { userId: _, term: __, ...entry } = row;
      assert.deepEqual(await listed(), [{ ...entry, unread: true }]);
    });

    it('keeps a call once when many record it at the same moment, all of them the same one', async () => {
      const versions = Array.from({ length: 8 }, (_, term) => rowOf('race', { term, endedAt: 5_000 + term }));
      await Promise.all(versions.map((version) => record(version)));
      assert.deepEqual(
        (await listed()).map(({ endedAt }) => endedAt),
        [5_007],
      );
    });

    it('replaces what is known by what says more, and never the other way round; note and mark stay', async () => {
      const closed = rowOf('c1', { closedByOther: true, term: 2, endedAt: 2_000 });
      await record(closed);
      await repository.note(ada, 'c1' as CallId, 'call back');
      await repository.markUpTo(ada, 5_000);
      const whole = rowOf('c1', { term: 1, endedAt: 4_000 });
      const [kept] = await record(whole);
      assert.deepEqual([kept?.note, kept?.unread], ['call back', 0]);
      assert.deepEqual(await record(closed), []);
      const [entry] = await listed();
      assert.deepEqual(
        [entry?.endedAt, entry?.note, entry?.unread, entry?.closedByOther],
        [4_000, 'call back', undefined, undefined],
      );
    });

    it('is read in pages, the newest first, also when calls began in the same moment', async () => {
      await record(...Array.from({ length: 7 }, (_, index) => rowOf(`c${index}`, { startedAt: 1_000 + Math.floor(index / 3) })));
      const read: string[] = [];
      for (let after: Awaited<ReturnType<JournalRepository['page']>>[number] | undefined; ; ) {
        const page = await repository.page({ userId: ada, ...all, after, limit: 2 });
        read.push(...page.map(({ callId }) => callId));
        after = page.at(-1);
        if (page.length < 2) break;
      }
      assert.deepEqual(read, ['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
      assert.deepEqual(
        (await listed(ada, { from: 1_001, to: 1_001 })).map(({ callId }) => callId),
        ['c5', 'c4', 'c3'],
      );
    });

    it('counts missed calls that were not seen, of many people at once', async () => {
      const bob = `bob-${randomId()}` as UserId;
      await record(
        rowOf('c1'),
        rowOf('c2', { startedAt: 2_000 }),
        rowOf('c3', { result: 'answered' }),
        rowOf('c4', { userId: bob }),
      );
      assert.deepEqual(
        await repository.unread([ada, bob]),
        new Map([
          [ada, 2],
          [bob, 1],
        ]),
      );
      await repository.markUpTo(ada, 1_500);
      assert.deepEqual(await repository.unread([ada]), new Map([[ada, 1]]));
      await repository.markNamed(ada, ['c2', 'c4', 'nothing'] as CallId[]);
      assert.deepEqual(await repository.unread([ada, bob]), new Map([[bob, 1]]));
    });

    it('keeps notes for entries that are there, and only for their owner', async () => {
      await record(rowOf('c1'));
      assert.equal(toEntry(await repository.note(ada, 'c1' as CallId, 'ask "Zoë"')).note, 'ask "Zoë"');
      assert.equal((await listed())[0]?.note, 'ask "Zoë"');
      assert.equal(toEntry(await repository.note(ada, 'c1' as CallId, '')).note, undefined);
      await assert.rejects(repository.note('eve' as UserId, 'c1' as CallId, 'mine'), { code: 'NOT_FOUND' });
    });

    it('forgets what its owner removes for good, also when it is recorded again', async () => {
      const bob = `bob-${randomId()}` as UserId;
      await record(rowOf('c1'), rowOf('c1', { userId: bob }), rowOf('c2'));
      await repository.remove(ada, ['c1' as CallId], 10);
      assert.deepEqual(await record(rowOf('c1', { term: 9 })), []);
      assert.deepEqual(
        (await listed()).map(({ callId }) => callId),
        ['c2'],
      );
      assert.equal((await listed(bob)).length, 1);
      assert.deepEqual(await repository.unread([ada]), new Map([[ada, 1]]));
      await assert.rejects(repository.note(ada, 'c1' as CallId, 'x'), { code: 'NOT_FOUND' });
    });

    it('says which of many calls it holds, and in which form', async () => {
      const rows = [rowOf('c1'), rowOf('c2'), rowOf('c3')].map((row) => toNewRow(journalRowSchema.parse(row)));
      await repository.record(rows.slice(0, 2));
      const held = await repository.held(rows);
      assert.deepEqual(held.map(({ callId }) => callId).sort(), ['c1', 'c2']);
      assert.equal(held.find(({ callId }) => callId === 'c1')?.precedence, rows[0]?.precedence);
    });

    it('deletes what is too old in steps, by the one that holds the lease', async () => {
      const lease = (holder: string) => ({ name: `test-${ada}`, holder, now: 1_000, until: 2_000 });
      await record(...Array.from({ length: 510 }, (_, index) => rowOf(`c${index}`, { startedAt: index })));
      assert.equal((await repository.oldest('', 1_000)).find(({ userId }) => userId === ada)?.startedAt, 0);
      assert.deepEqual(await repository.deleteOlder(ada, 505, lease('one')), { held: true, more: true });
      assert.deepEqual(await repository.deleteOlder(ada, 505, lease('two')), { held: false, more: false });
      assert.deepEqual(await repository.deleteOlder(ada, 505, lease('one')), { held: true, more: false });
      assert.deepEqual(
        (await listed()).map(({ startedAt }) => startedAt),
        [509, 508, 507, 506, 505],
      );
    });

    it('exports the calls of a person, and erases them and their name', async () => {
      const bob = `bob-${randomId()}` as UserId;
      const named = { userId: ada, name: 'Ada Lovelace', number: '101' };
      await record(...Array.from({ length: 3 }, (_, index) => rowOf(`c${index}`)));
      await record(rowOf('c1', { userId: bob, peer: named }), rowOf('c5', { userId: bob, acceptedBy: named }));
      await record(rowOf('c6', { userId: bob }));
      const exported: JournalEntry[] = [];
      for await (const page of exportCalls(repository, ada)) exported.push(...page);
      assert.equal(exported.length, 3);
      assert.equal(await eraseCalls(repository, ada, async () => undefined), 2);
      assert.deepEqual(await listed(), []);
      const left = await listed(bob);
      assert.equal(left.length, 3);
      assert.ok(!JSON.stringify(left).includes('Ada'));
      assert.deepEqual(left.find(({ callId }) => callId === 'c1')?.peer, { userId: ada });
    });
  });
}
