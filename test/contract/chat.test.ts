import assert from 'node:assert/strict';
import { UCError } from '#shared/protocol/errors.ts';
import { emptiedBody, rejectedKind } from '#ucserver/chat/commit-plan.ts';
import type { Committed } from '#ucserver/chat/committer.ts';
import { chatProcedures } from '#ucserver/chat/index.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import { type Database, replicaParts, StatementError } from '#ucserver/database/index.ts';
import { newCommitter, Pair } from './chat-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

const refuses = (code: string) => (error: unknown) => error instanceof UCError && error.code === code;
const seqsOf = (receipts: readonly { seq: number }[]) => receipts.map(({ seq }) => seq);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

for (const engine of engines) {
  describe(`chat log over ${engine}`, () => {
    let opened: TestDatabase;
    let database: Database;
    let repository: ChatRepository;
    let pair: Pair;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [chatProcedures]);
      ({ database } = opened);
      repository = new ChatRepository(database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(() => {
      pair = new Pair();
    });

    const stored = () => repository.entriesAfter(pair.id, 0, 1_000);

    it('creates the conversation with its first entry, and tells the memory copies of its members', async () => {
      const receipt = await newCommitter(repository).commit(pair.entry('e1'), pair.members);
      assert.deepEqual(receipt, { seq: 1, at: 1_767_600_000_000 });
      assert.deepEqual(await stored(), [{ ...pair.entry('e1'), seq: 1 }]);
      const changes = await database.read(
        database.queries.db.selectFrom('changes').select('kind').where('object_id', '=', pair.id),
      );
      assert.deepEqual(changes, [{ kind: replicaParts.conversationMembers.kind }]);
    });

    it('commits what is sent together together, in the order in which it was sent', async () => {
      const batches: number[] = [];
      const committer = newCommitter(repository, { onCommitted: (_, { length }) => batches.push(length) });
      await committer.commit(pair.entry('first'), pair.members);
      const receipts = await Promise.all(upTo(50).map((index) => committer.commit(pair.entry(`e${index}`), pair.members)));
      assert.deepEqual(seqsOf(receipts), upTo(51).slice(1));
      assert.deepEqual(batches, [1, 50]);
    });

    it('answers the same entry again with the same number, at once and later', async () => {
      const committer = newCommitter(repository);
      const twice = [committer.commit(pair.entry('e1'), pair.members), committer.commit(pair.entry('e1'), pair.members)];
      assert.deepEqual(seqsOf(await Promise.all(twice)), [1, 1]);
      const later = await newCommitter(repository).commit(pair.entry('e1', { at: 1_999_999_999_999 }), pair.members);
      assert.deepEqual(later, { seq: 1, at: 1_767_600_000_000 });
      assert.equal((await stored()).length, 1);
    });

    it('refuses an id that was used for something else, at once and later', async () => {
      const committer = newCommitter(repository);
      const first = committer.commit(pair.entry('e1'), pair.members);
      await assert.rejects(committer.commit(pair.entry('e1', { author: pair.bob }), pair.members), refuses('ID_CONFLICT'));
      await first;
      await assert.rejects(committer.commit(pair.entry('e1', { body: '{}' }), pair.members), refuses('ID_CONFLICT'));
      assert.equal((await stored()).length, 1);
    });

    it('leaves no gap and no double when several servers write at once', async () => {
      const servers = upTo(3).map(() => newCommitter(repository));
      const sent = servers.flatMap((committer, server) =>
        upTo(20).map((index) => committer.commit(pair.entry(`s${server}-${index}`), pair.members)),
      );
      // What a client repeats on another server while the first answer is still on its way.
      const again = upTo(20).map((index) => newCommitter(repository).commit(pair.entry(`s0-${index}`), pair.members));
      const receipts = await Promise.all(sent);
      assert.deepEqual(seqsOf(await Promise.all(again)), seqsOf(receipts).slice(0, 20));
      assert.deepEqual(
        seqsOf(receipts).sort((a, b) => a - b),
        upTo(60),
      );
      assert.deepEqual(seqsOf(await stored()), upTo(60));
      for (const server of upTo(3).keys()) {
        const own = seqsOf(receipts.slice(server * 20, server * 20 + 20));
        assert.deepEqual(
          own,
          [...own].sort((a, b) => a - b),
          "one author's entries keep their order",
        );
      }
    });

    it('repeats a commit whose answer was lost, and tells what was in it', async () => {
      let lost = 2;
      const told: Committed[] = [];
      const committer = newCommitter(
        {
          create: (conversation) => repository.create(conversation),
          async commit(batch) {
            const result = await repository.commit(batch);
            if (result.placements.some(({ outcome }) => outcome !== 'missing') && lost-- > 0)
              throw new UCError('OUTCOME_UNKNOWN');
            return result;
          },
        },
        { onCommitted: (_, committed) => told.push(...committed) },
      );
      assert.equal((await committer.commit(pair.entry('e1'), pair.members)).seq, 1);
      assert.deepEqual(
        told.map(({ entry: { entryId, seq } }) => [entryId, seq]),
        [['e1', 1]],
      );
      assert.equal((await stored()).length, 1);
    });

    it('never says "not stored" of what may be stored', async () => {
      const codes = ['OUTCOME_UNKNOWN', 'STORAGE_UNAVAILABLE'] as const;
      let calls = 0;
      const committer = newCommitter({
        create: () => Promise.resolve(),
        commit: () => Promise.reject(new UCError(codes[calls++] ?? 'STORAGE_UNAVAILABLE')),
      });
      await assert.rejects(committer.commit(pair.entry('e1'), pair.members), refuses('OUTCOME_UNKNOWN'));
      await assert.rejects(committer.commit(pair.entry('e1'), pair.members), refuses('STORAGE_UNAVAILABLE'));
    });

    it('isolates an entry that SQL refuses for good: it keeps its number as rejected, the others are stored', async () => {
      const poison = (batch: readonly { body: string }[]) => batch.some(({ body }) => body.includes('poison'));
      const committer = newCommitter({
        create: (conversation) => repository.create(conversation),
        async commit(batch) {
          if (poison(batch)) throw new StatementError('tooLong', 'the text is refused');
          return repository.commit(batch);
        },
      });
      const bodies = ['fine', 'poison', 'good'].map((text) => JSON.stringify({ text }));
      const outcomes = await Promise.allSettled(
        bodies.map((body, index) => committer.commit(pair.entry(`e${index}`, { body }), pair.members)),
      );
      const [one, refused, other] = outcomes;
      assert.deepEqual([one?.status, other?.status], ['fulfilled', 'fulfilled']);
      assert.ok(refused?.status === 'rejected' && refuses('BAD_REQUEST')(refused.reason));
      const log = await stored();
      assert.deepEqual(seqsOf(log), upTo(3));
      const kept = log.find(({ kind }) => kind === rejectedKind);
      const { refused: text } = JSON.parse(kept?.body ?? '') as { refused: string };
      assert.equal(Buffer.from(text, 'base64').toString(), bodies[1]);
      await assert.rejects(
        newCommitter(repository).commit(pair.entry('e1', { body: bodies[1] }), pair.members),
        refuses('BAD_REQUEST'),
        'the same again, the same answer',
      );
    });

    it('empties what a delete takes back, with its edits, also one that comes afterwards; each is known again', async () => {
      const committer = newCommitter(repository);
      const about = (id: string, kind: string, more: object = {}) =>
        pair.entry(id, { kind, body: JSON.stringify({ target: 'e1', ...more }) });
      const edit = about('e2', 'edit', { text: 'other' });
      for (const entry of [pair.entry('e1'), edit, pair.entry('e3'), about('e4', 'reaction', { emoji: '👍', on: true })])
        await committer.commit(entry, pair.members);
      assert.equal((await repository.lastEdit(pair.id, edit.entryId, 9))?.seq, undefined);
      assert.equal((await repository.lastEdit(pair.id, pair.entry('e1').entryId, 9))?.seq, 2);
      assert.equal(await repository.lastEdit(pair.id, pair.entry('e1').entryId, 1), undefined);
      await Promise.all(
        [about('e5', 'delete'), about('e6', 'edit', { text: 'late' })].map((entry) => committer.commit(entry, pair.members)),
      );
      await committer.commit(about('e7', 'edit', { text: 'later' }), pair.members);
      const bodies = (await stored()).map(({ body }) => body);
      assert.deepEqual(
        bodies.map((body) => body === emptiedBody),
        [true, true, false, false, false, true, true],
      );
      const told: string[] = [];
      const again = newCommitter(repository, { onCommitted: (_, all) => told.push(...all.map(({ entry }) => entry.body)) });
      for (const entry of [pair.entry('e1'), edit]) await again.commit(entry, pair.members);
      assert.deepEqual(told, [emptiedBody, emptiedBody]);
      await assert.rejects(again.commit(pair.entry('e1', { author: pair.bob }), pair.members), refuses('ID_CONFLICT'));
    });

    it('reads the log in pages, forward and backward', async () => {
      const committer = newCommitter(repository);
      await Promise.all(upTo(25).map((index) => committer.commit(pair.entry(`e${index}`), pair.members)));
      assert.deepEqual(seqsOf(await repository.entriesAfter(pair.id, 10, 3)), [11, 12, 13]);
      assert.deepEqual(seqsOf(await repository.entriesBefore(pair.id, 10, 3)), [7, 8, 9]);
      assert.deepEqual(seqsOf(await repository.entriesBefore(pair.id, Number.MAX_SAFE_INTEGER, 2)), [24, 25]);
      assert.deepEqual(await repository.entriesAfter(pair.id, 25, 3), []);
      assert.equal(await repository.head(pair.id), 25);
    });

    it('keeps texts as they were written', async () => {
      const texts = ['ä 😀 \u{10ffff}', 'x'.repeat(10_000), '\u0001\u001f"\\', "'; drop table entries; --", 'e\u0301 \u202e'];
      const committer = newCommitter(repository);
      await Promise.all(
        texts.map((text, index) => committer.commit(pair.entry(`e${index}`, { body: JSON.stringify({ text }) }), pair.members)),
      );
      assert.deepEqual(
        (await stored()).map(({ body }) => (JSON.parse(body) as { text: string }).text),
        texts,
      );
    });

    it('takes ids that differ only in case for different ones', async () => {
      const committer = newCommitter(repository);
      const receipts = await Promise.all(['abc', 'ABC'].map((id) => committer.commit(pair.entry(id), pair.members)));
      assert.deepEqual(seqsOf(receipts), [1, 2]);
    });

    it('counts as unread what others wrote after the read position; positions only rise', async () => {
      const committer = newCommitter(repository);
      for (const [index, author] of [pair.ada, pair.ada, pair.bob, pair.ada].entries())
        await committer.commit(pair.entry(`e${index}`, { author }), pair.members);
      const seen = async () => {
        const conversation = (await repository.conversations(pair.bob, [pair.id])).get(pair.id);
        const own = conversation?.positions.find(({ userId }) => userId === pair.bob);
        return [conversation?.unread, own?.read, own?.delivered, conversation?.lastSeq, conversation?.lastEntry?.seq];
      };
      const position = { conversationId: pair.id, userId: pair.bob };
      assert.deepEqual(await seen(), [3, 0, 0, 4, 4]);
      await repository.raisePositions([{ ...position, read: 1, delivered: 2 }]);
      assert.deepEqual(await seen(), [2, 1, 2, 4, 4]);
      await repository.raisePositions([{ ...position, read: 0, delivered: 1 }]);
      assert.deepEqual(await seen(), [2, 1, 2, 4, 4]);
      await repository.raisePositions([{ ...position, read: 99, delivered: 0 }]);
      assert.deepEqual(await seen(), [0, 4, 4, 4, 4]);
    });

    it('shows a conversation to its members only', async () => {
      await newCommitter(repository).commit(pair.entry('e1'), pair.members);
      const stranger = new Pair().ada;
      assert.equal((await repository.conversations(stranger, [pair.id])).size, 0);
      assert.deepEqual(await repository.newest(stranger, undefined, 10), []);
    });

    it("lists a person's conversations, those with the newest entries first, in pages without overlap", async () => {
      const committer = newCommitter(repository);
      const others = upTo(7).map(() => new Pair());
      // Two of the same moment, to be told apart by their ids.
      const times = [10, 20, 30, 30, 40, 50, 60];
      for (const [index, other] of others.entries())
        await committer.commit(other.entry('e', { at: times[index] ?? 0 }), [other.ada, pair.ada]);
      const listed: string[] = [];
      for (let page = await repository.newest(pair.ada, undefined, 3); page.length > 0; ) {
        listed.push(...page.map(({ id }) => id));
        page = await repository.newest(pair.ada, page.at(-1), 3);
      }
      const [first, second, third, fourth, ...newer] = others.map(({ id }) => id);
      const twins = [third, fourth].sort().reverse();
      assert.deepEqual(listed, [...newer.reverse(), ...twins, second, first]);
      const heads: (readonly [string, number])[] = [];
      const stranger = new Pair();
      for await (const page of repository.heads([stranger.ada, pair.ada]))
        heads.push(...page.map(({ userId, lastSeq }) => [userId, lastSeq] as const));
      assert.deepEqual(
        heads,
        Array.from({ length: 7 }, () => [pair.ada, 1]),
      );
    });

    it('raises the generation once, and only when the log is shorter than it was seen', async () => {
      await newCommitter(repository).commit(pair.entry('e1'), pair.members);
      const generation = await repository.generation();
      assert.equal(await repository.raiseGeneration(generation, pair.id, 1), generation);
      assert.equal(await repository.raiseGeneration(generation, pair.id, 2), generation + 1);
      assert.equal(await repository.raiseGeneration(generation, pair.id, 2), generation + 1);
      assert.equal((await repository.commit([pair.entry('e2')])).generation, generation + 1);
    });
  });
}
