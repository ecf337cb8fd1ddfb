import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { eventually } from '#test/support/eventually.ts';
import type { Person } from '#test/support/person.ts';
import { type FileRef, Files, type FileUpload } from '#web/api/index.ts';
import { bytesOf, contentOf, download, FileStage, fileOf, sendFiles, upload, whenDone } from './fixture.ts';

/** Names of all contents in the store. */
function contents(stage: FileStage): string[] {
  return readdirSync(stage.file('contents'), { recursive: true })
    .map(String)
    .filter((name) => name.length > 60);
}

/** Resolves at once when some of it is there, before the rest can be. */
function onceBegun(going: FileUpload): Promise<void> {
  return new Promise((resolve) => {
    const off = going.onChange(({ sentBytes }) => {
      if (sentBytes === 0) return;
      off();
      resolve();
    });
  });
}

for (const servers of [1, 2]) {
  describe(`files on ${servers === 1 ? 'one server' : 'two servers'}`, function () {
    this.timeout(60_000);
    let stage: FileStage;
    let ann: Person;
    let bob: Person;
    let cleo: Person;

    before(async () => {
      stage = await FileStage.start({ servers, people: ['ann', 'bob', 'cleo'] });
      [ann, bob, cleo] = await Promise.all([stage.signIn('ann'), stage.signIn('bob', servers - 1), stage.signIn('cleo')]);
    });
    after(() => stage[Symbol.asyncDispose]());

    it('takes a file, gives it to whoever reads the message, and to nobody else', async () => {
      const bytes = bytesOf('report', 700_000);
      const ref = await upload(ann, 'report.bin', bytes);
      assert.deepEqual(
        { ...ref, fileId: '' },
        { fileId: '', name: 'report.bin', size: bytes.length, type: 'application/octet-stream' },
      );
      await assert.rejects(download(bob, ref), { code: 'NOT_FOUND' });
      await sendFiles(await ann.chatWith(bob), ann, [ref], 'Here it is');
      await eventually(async () => (await bob.chatWith(ann)).log.entries.length > 0);
      assert.deepEqual((await bob.chatWith(ann)).log.entries.at(-1)?.body.files, [ref]);
      assert.ok((await contentOf(bob, ref)).equals(bytes));
      await assert.rejects(download(cleo, ref), { code: 'NOT_FOUND' });
      assert.deepEqual([...(await new Files(cleo.client).states([ref.fileId])).values()], ['gone']);
    });

    it('shares it by forwarding, and takes it back with the message', async () => {
      const ref = await upload(ann, 'plan.bin', bytesOf('plan', 1_000));
      const here = await ann.chatWith(bob);
      const entryId = await sendFiles(here, ann, [ref]);
      const there = await bob.chatWith(cleo);
      await bob.client.call('chat.forward', {
        conversationId: there.id,
        entryId: 'forwarded-plan' as never,
        from: { conversationId: here.id, entryId: entryId as never },
      });
      assert.equal((await contentOf(cleo, ref)).length, 1_000);
      await ann.client.call('chat.delete', { conversationId: here.id, entryId: 'gone-plan' as never, target: entryId as never });
      assert.equal((await contentOf(cleo, ref)).length, 1_000);
      // Bob still has it in his own message to Cleo.
      assert.equal((await contentOf(bob, ref)).length, 1_000);
    });

    it('refuses a file of somebody else in a message, and more than ten', async () => {
      const ref = await upload(ann, 'mine.bin', bytesOf('mine', 10));
      const here = await bob.chatWith(cleo);
      await assert.rejects(sendFiles(here, bob, [ref]), { code: 'NOT_FOUND', field: 'params.body.files.0' });
      const many: FileRef[] = Array.from({ length: 11 }, () => ref);
      await assert.rejects(sendFiles(here, bob, many), { code: 'TOO_LARGE', field: 'params.body.files' });
    });

    it('stores the same content once and keeps it while anybody has it', async () => {
      const before = contents(stage).length;
      const bytes = bytesOf('twice', 300_000);
      const [one, other] = [await upload(ann, 'one.bin', bytes), await upload(bob, 'other.bin', bytes)];
      assert.equal(contents(stage).length, before + 1);
      await new Files(ann.client).remove(one.fileId);
      assert.ok((await contentOf(bob, other)).equals(bytes));
      assert.equal(readdirSync(stage.file('uploads')).length, 0);
    });

    it('takes an empty file', async () => {
      const ref = await upload(ann, 'empty.txt', Buffer.alloc(0));
      assert.equal(ref.size, 0);
      assert.equal((await contentOf(ann, ref)).length, 0);
    });

    it('goes on after a pause, and forgets what is cancelled', async () => {
      const files = new Files(ann.client);
      const going = await files.upload(fileOf('long.bin', bytesOf('long', 3_000_000)));
      await onceBegun(going);
      going.pause();
      const { sentBytes } = going;
      assert.equal(going.phase, 'paused');
      going.resume();
      await whenDone(going);
      assert.ok(sentBytes < 3_000_000);
      const other = await files.upload(fileOf('never.bin', bytesOf('never', 3_000_000)));
      await onceBegun(other);
      other.cancel();
      await assert.rejects(other.finished, { code: 'NOT_FOUND' });
      await eventually(() => readdirSync(stage.file('uploads')).length === 0);
    });
  });
}
