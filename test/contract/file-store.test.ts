import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import type { FileId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { type ContentHash, type FileStore, type HeldUpload, type StoredName, uploadName } from '#ucserver/files/file-store.ts';
import { FolderStore, storeFolders } from '#ucserver/files/folder-store.ts';
import { StoreGate } from '#ucserver/files/store-gate.ts';

/** A store that several processes share, as one of them sees it. */
interface Shared {
  as(process: string): FileStore;
  /** This process counts as dead from now on. */
  kill(process: string): void;
  readonly folder: TempFolder;
}

function folderStore(): Shared {
  const folder = new TempFolder('store');
  for (const name of storeFolders) mkdirSync(folder.file(name));
  const dead = new Set<string>();
  return {
    folder,
    kill: (process) => dead.add(process),
    as(process) {
      const gate = new StoreGate(systemClock);
      gate.judge(undefined);
      return new FolderStore({
        ...{ folder: folder.path, gate, clock: systemClock },
        ...{ self: () => process, isLive: (holder) => !dead.has(holder) },
      });
    },
  };
}

const name = uploadName('an-upload' as FileId);

async function* bytesOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(store: FileStore, stored: StoredName, first = 0, last = 1_000): Promise<string | undefined> {
  const bytes = await store.read(stored, first, last);
  return bytes && Buffer.concat(await Array.fromAsync(bytes)).toString();
}

function hashOf(text: string): ContentHash {
  return createHash('sha256').update(text).digest('hex') as ContentHash;
}

for (const [kind, create] of [['a folder', folderStore]] as const) {
  describe(`a store of files in ${kind}`, () => {
    let shared: Shared;
    let one: FileStore;
    let other: FileStore;

    beforeEach(() => {
      shared = create();
      [one, other] = [shared.as('one:1'), shared.as('other:1')];
    });
    afterEach(() => shared.folder.remove());

    async function stored(store: FileStore, text: string, upload = name): Promise<ContentHash> {
      const held = await store.hold(upload);
      await held.append(bytesOf(text));
      const hash = await held.commit();
      await held.discard();
      return hash;
    }

    it('adds to an upload, here and then elsewhere, and keeps the whole under its hash', async () => {
      const first = await one.hold(name);
      assert.equal(await first.append(bytesOf('Hello', ' ')), 6);
      await first.release();
      const second = await other.hold(name);
      assert.equal(second.length, 6);
      await second.append(bytesOf('world'));
      const hash = await second.commit();
      assert.equal(hash, hashOf('Hello world'));
      assert.equal(await second.commit(), hash);
      await second.discard();
      assert.deepEqual([await textOf(one, { hash }), await one.size({ hash })], ['Hello world', 11]);
      assert.equal(await textOf(one, { hash }, 6, 8), 'wor');
      assert.deepEqual(readdirSync(shared.folder.file('uploads')), []);
    });

    it('keeps what came before its source failed', async () => {
      const held = await one.hold(name);
      await assert.rejects(
        held.append(
          (async function* () {
            yield Buffer.from('before');
            throw new Error('the connection is gone');
          })(),
        ),
        /the connection is gone/,
      );
      assert.equal(held.length, 6);
    });

    it('takes an upload over from a holder that died, whose late bytes change nothing', async () => {
      const zombie = await one.hold(name);
      await zombie.append(bytesOf('good'));
      shared.kill('one:1');
      const heir = await other.hold(name);
      assert.equal(heir.length, 4);
      // The dead one was only asleep.
      await assert.rejects(zombie.append(bytesOf('EVIL')), { code: 'OFFSET_CONFLICT' });
      await zombie.release().catch(() => undefined);
      await heir.append(bytesOf(' bytes'));
      assert.equal(await heir.commit(), hashOf('good bytes'));
      await heir.discard();
      const again: HeldUpload = await other.hold(name);
      assert.equal(again.length, 0);
    });

    it('takes an upload over from a holder that does not let go, after a while', async () => {
      const slow = await one.hold(name);
      await slow.append(bytesOf('slow'));
      const heir = await other.hold(name);
      assert.equal(heir.length, 4);
      await heir.release();
      assert.equal((await one.hold(name)).length, 4);
    });

    it('lets one of many that want an upload have it at a time', async () => {
      let holding = 0;
      const holders = Array.from({ length: 6 }, async (_, index) => {
        const held = await shared.as(`server-${index}:1`).hold(name);
        holding += 1;
        assert.equal(holding, 1);
        await held.append(bytesOf(String(index)));
        holding -= 1;
        await held.release();
      });
      await Promise.all(holders);
      assert.equal((await one.hold(name)).length, 6);
    });

    it('stores the same content once, with its previews', async () => {
      const hash = await stored(one, 'same');
      assert.equal(await stored(other, 'same', uploadName('another-upload' as FileId)), hash);
      await one.putPreview(hash, 'small', Buffer.from('picture'));
      await other.putPreview(hash, 'small', Buffer.from('picture'));
      assert.equal(await textOf(other, { hash, preview: 'small' }), 'picture');
      assert.equal(await textOf(other, { hash, preview: 'large' }), undefined);
      assert.deepEqual(readdirSync(shared.folder.file('contents', hash.slice(0, 2))), [hash]);
    });

    it('deletes what nobody wants, and brings back what somebody has come to want', async () => {
      const [kept, gone] = [await stored(one, 'kept'), await stored(one, 'gone')];
      await one.putPreview(gone, 'small', Buffer.from('picture'));
      await one.setAside(kept);
      await one.setAside(gone);
      assert.equal(await one.size({ hash: kept }), undefined);
      await other.clear(async (hash) => hash === kept);
      assert.equal(await textOf(one, { hash: kept }), 'kept');
      assert.equal(await one.size({ hash: gone }), undefined);
      assert.equal(await one.size({ hash: gone, preview: 'small' }), undefined);
    });

    it('keeps an upload until it is discarded, so that its content can be brought again', async () => {
      const held = await one.hold(name);
      await held.append(bytesOf('again'));
      const hash = await held.commit();
      await other.setAside(hash);
      await other.clear(async () => false);
      assert.equal(await one.size({ hash }), undefined);
      assert.equal(await held.commit(), hash);
      await held.discard();
      assert.equal(await textOf(other, { hash }), 'again');
    });

    it('is away when its folders are', async () => {
      const hash = await stored(one, 'there');
      const held = await one.hold(name);
      shared.folder.remove();
      await assert.rejects(held.append(bytesOf('x')), { code: 'STORAGE_UNAVAILABLE' });
      await assert.rejects(one.hold(uploadName('new' as FileId)), { code: 'STORAGE_UNAVAILABLE' });
      assert.equal(await one.read({ hash }, 0, 1), undefined);
    });
  });
}
