import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { fileIdSchema, randomId } from '#shared/ids.ts';
import { eventually } from '#test/support/eventually.ts';
import type { Person } from '#test/support/person.ts';
import { Files } from '#web/api/index.ts';
import { bytesOf, contentOf, download, FileStage, fileOf, sendFiles, upload, whenDone } from './fixture.ts';

/** A photo with a place and a name in it, lying on its side. */
function photo(width: number, height: number): Promise<Buffer> {
  const pixels = { create: { width, height, channels: 3 as const, background: { r: 200, g: 40, b: 40 } } };
  const exif = { IFD0: { Artist: 'Somebody Private' }, IFD3: { GPSLatitudeRef: 'N' } };
  return sharp(pixels).jpeg().withExif(exif).withMetadata({ orientation: 6 }).toBuffer();
}

/** A picture that says it has many more pixels than its few bytes would let one think. */
function bomb(): Promise<Buffer> {
  const pixels = { create: { width: 3_000, height: 3_000, channels: 3 as const, background: '#000' } };
  return sharp({ ...pixels, limitInputPixels: false })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

async function setSetting(admin: Person, key: string, value: unknown): Promise<void> {
  const { settings } = await admin.client.call('settings.list', {});
  const version = settings.find((setting) => setting.key === key)?.version ?? 0;
  await admin.client.call('settings.set', { key, value: value as never, version });
}

describe('limits and pictures of files', function () {
  this.timeout(60_000);
  let stage: FileStage;
  let ann: Person;
  let bob: Person;

  before(async () => {
    const people = { ann: { administrator: true }, bob: {} };
    stage = await FileStage.start({ people, files: { previewPixels: 5_000_000, linkMs: 1_000 } });
    [ann, bob] = await Promise.all([stage.signIn('ann'), stage.signIn('bob')]);
  });
  after(() => stage[Symbol.asyncDispose]());

  /** Why an upload fails. */
  async function refusal(name: string, bytes: Uint8Array) {
    const going = await new Files(bob.client).upload(fileOf(name, bytes));
    await eventually(() => going.phase === 'failed');
    return going.error;
  }

  it('refuses blocked kinds, names without a name, and files that are too large, and says what is wrong', async () => {
    const blocked = await refusal('setup.EXE. ', bytesOf('x', 10));
    assert.deepEqual([blocked?.code, blocked?.field, blocked?.details], ['FORBIDDEN', 'name', { extension: 'exe' }]);
    const unnamed = await refusal('  ', bytesOf('x', 10));
    assert.deepEqual([unnamed?.code, unnamed?.field], ['BAD_REQUEST', 'name']);
    await setSetting(ann, 'files.maxBytes', 1_000);
    const large = await refusal('large.bin', bytesOf('x', 1_001));
    assert.deepEqual([large?.code, large?.field, large?.details], ['TOO_LARGE', 'size', { maxBytes: 1_000 }]);
    await setSetting(ann, 'files.maxBytes', null);
  });

  it('says which protocol it understands, and takes nothing from somebody without a token', async () => {
    const uploads = `${stage.stage.urls[0]}/api/files/uploads`;
    const { status, headers } = await fetch(uploads, { method: 'OPTIONS' });
    assert.deepEqual([status, headers.get('tus-version'), headers.get('tus-extension')], [204, '1.0.0', 'creation']);
    const tus = { 'tus-resumable': '1.0.0', 'upload-length': '1', 'upload-metadata': `fileId ${btoa('x')},name ${btoa('x')}` };
    assert.equal((await fetch(uploads, { method: 'POST', headers: tus })).status, 401);
    assert.equal((await fetch(`${uploads}/x`, { method: 'PATCH', headers: tus, body: 'x' })).status, 401);
    const old = bob.client.fetch('/api/files/uploads', { method: 'POST', headers: { ...tus, 'tus-resumable': '0.2.2' } });
    await assert.rejects(old, { code: 'BAD_REQUEST' });
    const ref = await upload(bob, 'own.bin', bytesOf('own', 10));
    const foreign = ann.client.fetch(`/api/files/uploads/${ref.fileId}`, { method: 'HEAD', headers: tus });
    await assert.rejects(foreign, { code: 'NOT_FOUND' });
  });

  it('keeps a person within their quota', async () => {
    const { usedBytes } = await new Files(bob.client).limits();
    await setSetting(ann, 'files.quotaBytes', usedBytes + 5_000);
    const ref = await upload(bob, 'fits.bin', bytesOf('fits', 4_000));
    const full = await refusal('too-much.bin', bytesOf('too much', 2_000));
    assert.deepEqual([full?.code, full?.field], ['QUOTA_EXCEEDED', 'size']);
    await new Files(bob.client).remove(ref.fileId);
    await upload(bob, 'fits-now.bin', bytesOf('now', 2_000));
    await setSetting(ann, 'files.quotaBytes', null);
  });

  it('lets an upload wait while too many of a person are not finished', async () => {
    await setSetting(ann, 'files.openUploads', 1);
    const open = randomId();
    const headers = {
      ...{ 'tus-resumable': '1.0.0', 'upload-length': '0' },
      'upload-metadata': `fileId ${btoa(open)},name ${btoa('empty')}`,
    };
    await bob.client.fetch('/api/files/uploads', { method: 'POST', headers });
    const going = await new Files(bob.client).upload(fileOf('next.bin', bytesOf('next', 10)));
    await eventually(() => going.phase === 'waiting' && going.error?.code === 'RATE_LIMITED');
    assert.deepEqual(going.error?.details, { openUploads: 1 });
    await new Files(bob.client).remove(fileIdSchema.parse(open));
    await whenDone(going, 15_000);
    await setSetting(ann, 'files.openUploads', null);
  });

  it('lets nothing of a name or an id reach the file system', async () => {
    const ref = await upload(bob, '../../etc/pass\u202ewd', bytesOf('name', 10));
    assert.equal(ref.name, '.._.._etc_pass_wd');
    for (const id of ['..', '%2e%2e%2fmarker', '../../x', 'a/b', 'a%00b', 'x'.repeat(65)]) {
      const asking = bob.client.fetch(`/api/files/uploads/${id}`, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
      await assert.rejects(asking, { code: 'NOT_FOUND' }, id);
    }
    for (const token of ['../../ucmesh-files.json', 'eyJoYXNoIjoiLi4ifQ.x', '..%2f..%2fcompany.db'])
      assert.ok([403, 404].includes((await fetch(`${stage.stage.urls[0]}/api/files/content/${token}`)).status));
  });

  it('gives parts of a file, as something to save, until the link has ended', async () => {
    const bytes = bytesOf('ranges', 1_000);
    const ref = await upload(bob, 'Größe "1".html', bytes);
    const link = await new Files(bob.client).link(ref.fileId);
    const whole = await fetch(link, { method: 'HEAD' });
    const header = (name: string) => whole.headers.get(name);
    assert.deepEqual([whole.status, header('content-length'), header('accept-ranges')], [200, '1000', 'bytes']);
    assert.deepEqual([header('content-type'), header('x-content-type-options')], ['application/octet-stream', 'nosniff']);
    assert.match(
      header('content-disposition') ?? '',
      /^attachment; filename=".*"; filename\*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22\.html$/,
    );
    assert.equal(header('content-security-policy'), "sandbox; default-src 'none'");
    const part = async (range: string, etag?: string) =>
      fetch(link, { headers: { range, ...(etag === undefined ? {} : { 'if-range': etag }) } });
    const middle = await part('bytes=100-199');
    assert.deepEqual([middle.status, middle.headers.get('content-range')], [206, 'bytes 100-199/1000']);
    assert.ok(Buffer.from(await middle.arrayBuffer()).equals(bytes.subarray(100, 200)));
    assert.ok(Buffer.from(await (await part('bytes=-10')).arrayBuffer()).equals(bytes.subarray(990)));
    assert.ok(Buffer.from(await (await part('bytes=990-', header('etag') ?? '')).arrayBuffer()).equals(bytes.subarray(990)));
    assert.equal((await part('bytes=0-9', '"another"')).status, 200);
    const beyond = await part('bytes=1000-');
    assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */1000']);
    await eventually(async () => assert.equal((await fetch(link)).status, 403), { withinMs: 5_000 });
    assert.equal((await fetch(`${link}x`)).status, 403);
  });

  it('makes previews the right way up, without what a photo tells about its author', async () => {
    const ref = await upload(bob, 'photo.jpg', await photo(1_600, 800));
    assert.deepEqual([ref.type, ref.width, ref.height], ['image/jpeg', 800, 1_600]);
    const files = new Files(bob.client);
    for (const [size, pixels] of [
      ['small', 320],
      ['large', 1_280],
    ] as const) {
      const preview = Buffer.from(await (await files.preview(ref, size)).arrayBuffer());
      const { format, height, exif, orientation } = await sharp(preview).metadata();
      assert.deepEqual(
        { format, height, exif, orientation },
        { format: 'webp', height: pixels, exif: undefined, orientation: undefined },
      );
      assert.ok(!preview.includes('Somebody'));
    }
    const answer = await fetch(await files.link(ref.fileId, 'small'));
    assert.deepEqual([answer.headers.get('content-type'), answer.headers.get('content-disposition')], ['image/webp', 'inline']);
    assert.ok((await contentOf(bob, ref)).includes('Somebody Private'), 'the photo itself is as it was sent');
  });

  it('draws nothing that is too large, broken, or not the picture its name says', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const broken = (await photo(500, 500)).subarray(0, 600);
    for (const [name, bytes, type] of [
      ['bomb.png', await bomb(), 'image/png'],
      ['drawing.svg', svg, 'application/octet-stream'],
      ['broken.jpg', broken, 'image/jpeg'],
      ['text.png', Buffer.from('no picture'), 'application/octet-stream'],
    ] as const) {
      const ref = await upload(bob, name, bytes);
      assert.deepEqual([ref.type, ref.width], [type, undefined], name);
      await assert.rejects(new Files(bob.client).link(ref.fileId, 'small'), { code: 'NOT_FOUND' });
    }
  });
});

describe('files while the store is away', function () {
  this.timeout(60_000);
  let stage: FileStage;
  let ann: Person;
  let bob: Person;

  before(async () => {
    stage = await FileStage.start({ people: ['ann', 'bob'] });
    [ann, bob] = await Promise.all([stage.signIn('ann'), stage.signIn('bob')]);
  });
  after(() => stage[Symbol.asyncDispose]());

  it('waits with uploads while the store is away, refuses downloads, and lets chat go on', async () => {
    const ref = await upload(bob, 'before.bin', bytesOf('before', 100_000));
    const link = await new Files(bob.client).link(ref.fileId);
    renameSync(stage.file(), stage.beside('moved'));
    await eventually(async () => {
      const readyz = await fetch(`${stage.stage.urls[0]}/readyz`);
      const { dependencies } = (await readyz.json()) as { dependencies: Record<string, { state: string }> };
      assert.deepEqual([readyz.status, dependencies.files?.state], [200, 'away']);
    });
    assert.equal((await fetch(link)).status, 503);
    await assert.rejects(download(bob, ref), { code: 'STORAGE_UNAVAILABLE' });
    const going = await new Files(bob.client).upload(fileOf('during.bin', bytesOf('during', 2_000_000)));
    await eventually(() => going.phase === 'waiting' && going.error?.code === 'STORAGE_UNAVAILABLE');
    const chat = await bob.chatWith(ann);
    chat.send('Still here');
    await eventually(() => chat.outgoing.length === 0);
    // An empty folder where the mount should be is not the store.
    mkdirSync(stage.file());
    assert.equal((await fetch(link)).status, 503);
    renameSync(stage.file(), stage.beside('not-mounted'));
    renameSync(stage.beside('moved'), stage.file());
    await whenDone(going, 20_000);
    assert.ok((await contentOf(bob, ref)).equals(bytesOf('before', 100_000)));
  });

  it('takes no folder of another mesh for the store', async () => {
    const marker = stage.file('ucmesh-files.json');
    renameSync(marker, `${marker}.kept`);
    writeFileSync(marker, JSON.stringify({ meshId: 'test', storeId: 'another' }));
    const state = async () => {
      const readyz = await fetch(`${stage.stage.urls[0]}/readyz`);
      const { dependencies } = (await readyz.json()) as { dependencies: Record<string, { state: string; detail?: string }> };
      return dependencies.files;
    };
    await eventually(async () => assert.match((await state())?.detail ?? '', /another store/));
    renameSync(`${marker}.kept`, marker);
    await eventually(async () => assert.equal((await state())?.state, 'up'));
  });
});

describe('files that must be scanned, and cleaning up', function () {
  this.timeout(60_000);
  let stage: FileStage;
  let ann: Person;
  let bob: Person;

  before(async () => {
    // Waits for a file of this name to appear, then refuses what holds the word "virus".
    const program = `
      const { existsSync } = require('node:fs');
      let text = '';
      process.stdin.on('data', (bytes) => { text += bytes; });
      const look = () => existsSync(process.argv[1]) ? process.exit(text.includes('virus') ? 1 : 0) : setTimeout(look, 10);
      process.stdin.on('end', look);`;
    const parent = { people: ['ann', 'bob'] };
    stage = await FileStage.start({
      ...parent,
      files: (folder: string) => ({
        scan: { command: [process.execPath, '-e', program, `${folder}/verdict`] },
        ...{ graceMs: 1_000, unfinishedMs: 60_000, cleanEveryMs: 100 },
      }),
    });
    [ann, bob] = await Promise.all([stage.signIn('ann'), stage.signIn('bob')]);
  });
  after(() => stage[Symbol.asyncDispose]());

  it('lets others have a file only when the scan has passed it', async () => {
    const chat = await ann.chatWith(bob);
    const good = await upload(ann, 'good.txt', Buffer.from('all is well'));
    const bad = await upload(ann, 'bad.txt', Buffer.from('a virus'));
    await sendFiles(chat, ann, [good, bad]);
    const states = async () => Object.fromEntries(await new Files(bob.client).states([good.fileId, bad.fileId]));
    assert.deepEqual(await states(), { [good.fileId]: 'scanning', [bad.fileId]: 'scanning' });
    await assert.rejects(download(bob, good), { code: 'FILE_SCANNING' });
    // A link serves whoever has it, so the owner gets none either.
    await assert.rejects(download(ann, bad), { code: 'FILE_SCANNING' });
    assert.deepEqual([...(await new Files(ann.client).states([bad.fileId])).values()], ['scanning']);
    writeFileSync(stage.beside('verdict'), '');
    await eventually(async () => assert.deepEqual(await states(), { [good.fileId]: 'ready', [bad.fileId]: 'refused' }));
    assert.equal((await contentOf(bob, good)).toString(), 'all is well');
    assert.equal((await contentOf(ann, good)).toString(), 'all is well');
    await assert.rejects(download(bob, bad), { code: 'FILE_REFUSED' });
    await assert.rejects(download(ann, bad), { code: 'FILE_REFUSED' });
  });

  it('deletes what nobody refers to, also after the message was taken back, and keeps the rest', async () => {
    writeFileSync(stage.beside('verdict'), '');
    const chat = await ann.chatWith(bob);
    const kept = await upload(ann, 'kept.txt', Buffer.from('kept'));
    await sendFiles(chat, ann, [kept]);
    const forgotten = await upload(ann, 'forgotten.txt', Buffer.from('forgotten'));
    const taken = await upload(ann, 'taken.txt', Buffer.from('taken back'));
    const entryId = await sendFiles(chat, ann, [taken]);
    await ann.client.call('chat.delete', { conversationId: chat.id, entryId: 'taken' as never, target: entryId as never });
    await assert.rejects(download(bob, taken), { code: 'NOT_FOUND' });
    const files = new Files(ann.client);
    await eventually(
      async () => {
        const states = await files.states([kept.fileId, forgotten.fileId, taken.fileId]);
        assert.deepEqual([...states.values()], ['ready', 'gone', 'gone']);
        const contents = readdirSync(stage.file('contents'), { recursive: true }).filter((name) => String(name).length > 60);
        // Good, bad and kept.
        assert.equal(contents.length, 3);
        assert.deepEqual(readdirSync(stage.file('trash')), []);
      },
      { withinMs: 15_000, everyMs: 100 },
    );
    assert.equal((await contentOf(bob, kept)).toString(), 'kept');
  });
});
