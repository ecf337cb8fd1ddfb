import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type EntryId, type FileId, fileIdSchema, randomId, type UserId, userIdSchema } from '#shared/ids.ts';
import type { FileRef } from '#shared/protocol/files.ts';
import { chatProcedures } from '#ucserver/chat/index.ts';
import { ChatRepository } from '#ucserver/chat/repository.ts';
import { Queries } from '#ucserver/database/queries.ts';
import type { ContentHash } from '#ucserver/files/file-store.ts';
import { fileProcedures } from '#ucserver/files/index.ts';
import { FileRepository } from '#ucserver/files/repository.ts';
import { newCommitter, Pair } from './chat-fixture.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';
import { interleaved, stepProcedures } from './interleaved.ts';

const room = { quotaBytes: 1_000, openUploads: 5, uploadsPerMinute: 7 };

for (const engine of engines) {
  describe(`files over ${engine}`, () => {
    let opened: TestDatabase;
    let files: FileRepository;
    let chat: ChatRepository;
    let owner: UserId;
    let now = 1_767_600_000_000;

    before(async function () {
      this.timeout(60_000);
      opened = await openTestDatabase(engine, this, [chatProcedures, fileProcedures, stepProcedures]);
      files = new FileRepository(opened.database);
      chat = new ChatRepository(opened.database);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      owner = userIdSchema.parse(`owner-${randomId()}`);
      // Each test has a day of its own and finds nothing that another has left.
      now += 86_400_000;
      const { unfinished } = await files.look({ at: now, lookAt: now + 3_650 * 86_400_000, oldest: 0 });
      for (const id of unfinished) await files.remove(id, now);
      await files.forgetContents(now + 1);
    });

    const look = (at: number, lookAt: number, oldest = 0) => files.look({ at, lookAt, oldest });
    const newId = () => fileIdSchema.parse(randomId());
    const begin = (id: FileId, size = 10, name = 'a file', lookAt = now + 100) =>
      files.begin({ id, owner, name, size }, { ...room, at: now, lookAt });
    const finish = (id: FileId, content: string = randomId(), scanState: 'clean' | 'scanning' = 'clean', lookAt = now + 100) => {
      const hash = createHash('sha256').update(content).digest('hex') as ContentHash;
      return files.finish({ id, hash, mediaType: 'image/png', width: 2, height: 3, scanState, at: now, lookAt });
    };
    const hashOf = async (id: FileId) => (await files.find(id))?.stored?.hash as ContentHash;

    /** A message of a new pair that refers to a file. */
    async function refer(fileId: FileId): Promise<{ readonly pair: Pair; readonly entryId: EntryId }> {
      const pair = new Pair();
      const ref: FileRef = { fileId, name: 'a file', size: 10, type: 'image/png' };
      const entry = pair.entry(randomId(), { body: JSON.stringify({ text: '', files: [ref] }) });
      await newCommitter(chat).commit(entry, pair.members);
      return { pair, entryId: entry.entryId };
    }

    it('says once which store belongs to it', async () => {
      const first = await files.establishStore('one', now);
      assert.equal(await files.establishStore('two', now), first);
      assert.equal(await files.storeId(), first);
    });

    it('begins an upload once, and takes no other for the same', async () => {
      const id = newId();
      const record = await begin(id);
      assert.deepEqual(record, { id, owner, name: 'a file', size: 10, stored: undefined });
      assert.deepEqual(await begin(id), record);
      await assert.rejects(begin(id, 11), { code: 'ID_CONFLICT', field: 'fileId' });
      assert.equal(await files.usedBytes(owner), 10);
    });

    it('holds a person to their quota', async () => {
      await begin(newId(), 900);
      await assert.rejects(begin(newId(), 101), { code: 'QUOTA_EXCEEDED', details: { usedBytes: 900, quotaBytes: 1_000 } });
      await begin(newId(), 100);
    });

    it('holds a person to so many unfinished uploads, and so many in a minute, also of empty files', async () => {
      const ids = Array.from({ length: 7 }, newId) as [FileId, ...FileId[]];
      for (const id of ids.slice(0, 5)) await begin(id, 0);
      await assert.rejects(begin(newId(), 0), { code: 'RATE_LIMITED', retryAfterMs: 5_000, details: { openUploads: 5 } });
      await begin(ids[0], 0);
      for (const id of ids.slice(0, 5)) await finish(id);
      for (const id of ids.slice(5)) await begin(id, 0);
      await assert.rejects(begin(newId(), 0), { code: 'RATE_LIMITED', retryAfterMs: 10_000, details: { uploadsPerMinute: 7 } });
      now += 60_000;
      await begin(newId(), 0);
    });

    it('makes a file of an upload once', async () => {
      const id = newId();
      await begin(id);
      const stored = await finish(id, 'first');
      assert.deepEqual(stored?.stored?.picture, { width: 2, height: 3 });
      assert.deepEqual(await finish(id, 'second'), stored);
      assert.deepEqual(await files.find(id), stored);
      assert.equal(await finish(newId()), undefined);
    });

    it('gives a file to whoever may read a message that refers to it, until the message is taken back', async () => {
      const id = newId();
      await begin(id);
      await finish(id);
      const { pair, entryId } = await refer(id);
      const stranger = userIdSchema.parse(`stranger-${randomId()}`);
      assert.deepEqual([await files.isShared(id, pair.bob), await files.isShared(id, stranger)], [true, false]);
      assert.equal(await files.remove(id, now), false);
      const target = { kind: 'delete', body: JSON.stringify({ target: entryId }) };
      await newCommitter(chat).commit(pair.entry(randomId(), target), pair.members);
      assert.equal(await files.isShared(id, pair.bob), false);
      assert.equal(await files.remove(id, now), true);
      assert.equal(await files.find(id), undefined);
    });

    it('looks at what is due: keeps what is referred to, deletes what is not, and names unfinished uploads', async () => {
      const [referred, lonely, unfinished, early] = [newId(), newId(), newId(), newId()];
      for (const id of [referred, lonely, unfinished]) await begin(id);
      await begin(early, 10, 'a file', now + 1_000);
      for (const id of [referred, lonely]) await finish(id);
      await refer(referred);
      assert.deepEqual(await look(now + 101, now + 500), { unfinished: [unfinished], deleted: 1, more: false });
      assert.deepEqual(
        await Promise.all([referred, lonely, unfinished, early].map(async (id) => (await files.find(id)) !== undefined)),
        [true, false, true, true],
      );
      await files.remove(unfinished, now);
      assert.deepEqual(await look(now + 102, now + 500), { unfinished: [], deleted: 0, more: false });
      assert.equal((await files.keep([early], now + 2_000)).length, 1);
      assert.deepEqual(await look(now + 1_001, now + 1_500), { unfinished: [], deleted: 0, more: false });
    });

    it('deletes what is too old, also when a message refers to it', async () => {
      const id = newId();
      await begin(id);
      await finish(id);
      await refer(id);
      assert.equal((await look(now + 101, now + 500, now)).deleted, 0);
      assert.equal((await look(now + 501, now + 900, now + 1)).deleted, 1);
      assert.equal(await files.find(id), undefined);
    });

    it('forgets a content when its last file has gone for a while, unless somebody brings it again', async () => {
      const [one, other, third] = [newId(), newId(), newId()];
      for (const id of [one, other, third]) await begin(id);
      const content = randomId();
      await finish(one, content);
      await finish(other, content);
      const hash = await hashOf(one);
      await files.remove(one, now);
      assert.deepEqual(await files.forgetContents(now + 1), []);
      await files.remove(other, now);
      assert.deepEqual(await files.forgetContents(now), []);
      await finish(third, content);
      assert.deepEqual(await files.forgetContents(now + 1), []);
      await files.remove(third, now);
      assert.deepEqual(await files.doomedContents(now + 1), [hash]);
      assert.deepEqual(await files.forgetContents(now + 1), [hash]);
      assert.deepEqual(await files.doomedContents(now + 1), []);
      assert.equal(await files.scanState(hash), undefined);
    });

    it('stores a message whose file is gone, says so, and lets nothing refer to the file', async () => {
      const [there, gone] = [newId(), newId()];
      await begin(there);
      await finish(there);
      const pair = new Pair();
      await chat.create({ id: pair.id, kind: 'direct', members: pair.members, at: now });
      const refs = [there, gone].map((fileId): FileRef => ({ fileId, name: 'a file', size: 10, type: 'image/png' }));
      const entry = pair.entry(randomId(), { body: JSON.stringify({ text: '', files: refs }) });
      const { goneFiles, placements } = await chat.commit([entry]);
      assert.deepEqual([goneFiles, placements[0]?.outcome], [[gone], 'added']);
      await begin(gone);
      await finish(gone);
      assert.deepEqual(await Promise.all([there, gone].map((id) => files.isShared(id, pair.bob))), [true, false]);
    });

    it('keeps a content that a file has come to have while it was being forgotten', async () => {
      const [one, other] = [newId(), newId()];
      for (const id of [one, other]) await begin(id);
      const content = randomId();
      await finish(one, content);
      const hash = await hashOf(one);
      await files.remove(one, now);
      const forgotten = await interleaved(opened.database, fileProcedures.forgetContents, {
        params: { before: now + 1 },
        before: /^delete from .file_contents/i,
        meanwhile: () => finish(other, content),
      });
      assert.deepEqual([forgotten, await files.scanState(hash)], [[], 'clean']);
    });

    it('keeps a file for which a message was accepted while it was looked at', async () => {
      const id = newId();
      await begin(id);
      await finish(id);
      const looked = await interleaved(opened.database, fileProcedures.look, {
        params: { at: now + 101, lookAt: now + 500, oldest: 0 },
        before: /^update .files/i,
        meanwhile: () => files.keep([id], now + 1_000),
      });
      assert.deepEqual([looked.deleted, (await files.find(id))?.id], [0, id]);
    });

    it('takes the row of a file before it asks who refers to it, as the commit of a message does', async () => {
      for (const procedure of ['remove', 'look'] as const) {
        const id = newId();
        await begin(id);
        await finish(id);
        // Whoever has the row first is heard: what refers to the file until then is seen.
        const params = { id, at: now + 101, lookAt: now + 500, oldest: 0 };
        await interleaved<typeof params, unknown>(opened.database, fileProcedures[procedure], {
          ...{ params, before: /^update .files/i },
          meanwhile: () => refer(id),
        });
        assert.equal((await files.find(id))?.id, id, procedure);
      }
    });

    it('deletes no upload that went on or became a file while its bytes were deleted', async () => {
      const [idle, late, done] = [newId(), newId(), newId()];
      for (const id of [idle, late, done]) await begin(id);
      await files.keep([late], now + 1_000);
      await finish(done);
      const removed = await Promise.all([idle, late, done].map((id) => files.removeUnfinished(id, now + 101)));
      assert.deepEqual(removed, [true, false, false]);
    });

    it('knows how scans stand, and hands late ones over once', async () => {
      const id = newId();
      await begin(id);
      await finish(id, randomId(), 'scanning');
      const hash = await hashOf(id);
      assert.equal(await files.scanState(hash), 'scanning');
      assert.deepEqual(await files.takeScans(now, now + 5), []);
      assert.deepEqual(await files.takeScans(now + 1, now + 5), [hash]);
      assert.deepEqual(await files.takeScans(now + 1, now + 5), []);
      await files.scanned(hash, 'refused', now + 6);
      assert.equal(await files.scanState(hash), 'refused');
      assert.deepEqual(await files.takeScans(now + 100, now + 100), []);
    });
  });
}

describe('room for files on SQL Server', () => {
  it('is counted only when nobody else begins an upload of the same person', () => {
    const upload = { id: 'file', ownerId: 'ann', name: 'a file', size: 1, at: 0, lookAt: 1, ...room };
    const steps = fileProcedures.begin.body(new Queries('mssql'), upload);
    const ran: string[] = [];
    for (let turn = steps.next(); !turn.done; turn = steps.next({ rows: [], changes: 0 })) ran.push(turn.value.sql);
    assert.match(ran[0] ?? '', /^update "users" set "locked" = "locked" where "id" = @1$/);
    assert.ok(ran.findIndex((sql) => sql.includes('sum(')) > 0);
  });
});
