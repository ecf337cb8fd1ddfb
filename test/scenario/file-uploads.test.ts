import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { openAsBlob, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Cluster } from '#test/support/cluster.ts';
import { isLong } from '#test/support/effort.ts';
import { eventually } from '#test/support/eventually.ts';
import { measured } from '#test/support/measured.ts';
import type { Person } from '#test/support/person.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { Files, type FileUpload, type LiveConversation } from '#web/api/index.ts';

const megabyte = 1_048_576;
const size = (isLong ? 2_048 : 48) * megabyte;
const patienceMs = isLong ? 300_000 : 60_000;

describe(`a file of ${size / megabyte} MiB is uploaded`, function () {
  this.timeout(2 * patienceMs);
  let cluster: Cluster;
  let folder: TempFolder;
  let file: Blob;
  let digest: string;
  let ann: Person;
  let bob: Person;

  before(async () => {
    folder = new TempFolder('uploads');
    [file, digest] = await largeFile(folder.file('large.bin'));
    cluster = await Cluster.start({
      people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } },
      sections: { files: { folder: folder.file('store') }, signIn: { goHome: { afterMs: 3_600_000 } } },
    });
    [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob')]);
    assert.deepEqual([ann.server, bob.server], ['server-1', 'server-2']);
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    folder?.remove();
  });

  it('goes on at another server where it was when the first is killed at 60 %, and arrives whole', async () => {
    const files = new Files(ann.client);
    const upload = await files.upload(file, 'large.bin');
    const restarted = await cutAt(0.6, upload, () => void cluster.server(0).kill());
    measured('goes on elsewhere', await restarted, 15_000);
    const beganMs = performance.now();
    const ref = await done(upload);
    measured('the rest took', performance.now() - beganMs, patienceMs);
    assert.equal(ref.size, size);
    await sendTo(await ann.chatWith(bob), ref.fileId);
    const link = await eventuallyLink(bob, ref.fileId);
    const hash = createHash('sha256');
    for await (const chunk of (await fetch(link)).body ?? []) hash.update(chunk);
    assert.equal(hash.digest('hex'), digest);
    assert.deepEqual(readdirSync(folder.file('store', 'uploads')), []);
    await cluster.server(0).start();
    await cluster.untilTogether();
  });

  it('goes on when a server that had stopped wakes up again, whose late bytes change nothing', async () => {
    const changed = file.slice(1);
    const upload = await new Files(bob.client).upload(changed, 'slept.bin');
    const restarted = await cutAt(0.6, upload, () => cluster.server(1).pause());
    measured('goes on elsewhere', await restarted, 30_000);
    cluster.server(1).resume();
    const ref = await done(upload);
    const hash = createHash('sha256');
    for await (const chunk of (await fetch(await new Files(bob.client).link(ref.fileId))).body ?? []) hash.update(chunk);
    const expected = createHash('sha256');
    for await (const chunk of changed.stream()) expected.update(chunk);
    assert.equal(hash.digest('hex'), expected.digest('hex'));
  });

  async function sendTo(chat: LiveConversation, fileId: string): Promise<void> {
    const body = { text: '', files: [fileId as never] };
    await ann.client.call('chat.send', { conversationId: chat.id, entryId: 'with-a-file' as never, body });
  }
});

/** Does something when so much has been sent. @returns how long it took until more was, without sending anything twice. */
async function cutAt(share: number, upload: FileUpload, cut: () => void): Promise<number> {
  let cutBytes = 0;
  let cutMs = 0;
  let least = Number.POSITIVE_INFINITY;
  const off = upload.onChange(({ sentBytes, size: all }) => {
    if (cutBytes > 0) least = Math.min(least, sentBytes);
    else if (sentBytes >= share * all) {
      cutBytes = sentBytes;
      cutMs = performance.now();
      cut();
    }
  });
  await eventually(() => cutBytes > 0 && upload.sentBytes > cutBytes, { withinMs: patienceMs, what: 'the upload goes on' });
  off();
  assert.ok(least >= cutBytes, `it went back to ${least} after ${cutBytes}`);
  return performance.now() - cutMs;
}

async function done(upload: FileUpload) {
  await eventually(
    () => {
      if (upload.ref === undefined) throw new Error(`${upload.phase} ${upload.sentBytes} ${upload.error?.code ?? ''}`);
    },
    { withinMs: patienceMs, what: `${upload.name} is there` },
  );
  return upload.finished;
}

async function eventuallyLink(person: Person, fileId: string): Promise<string> {
  let link = '';
  await eventually(async () => {
    link = await new Files(person.client).link(fileId as never);
  });
  return link;
}

/** A file that is not held in memory, and its SHA-256. */
async function largeFile(path: string): Promise<[Blob, string]> {
  const handle = await open(path, 'w');
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += megabyte) {
    const block = Buffer.alloc(megabyte, createHash('sha512').update(String(at)).digest());
    hash.update(block);
    await handle.write(block);
  }
  await handle.close();
  return [await openAsBlob(path), hash.digest('hex')];
}
