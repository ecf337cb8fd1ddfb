import assert from 'node:assert/strict';
import fc from 'fast-check';
import { silentLogger } from '#shared/runtime/logger.ts';
import { runs } from '#test/support/effort.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { folderDisk, type OutboxItem, type SpoolDisk } from '#ucserver/outbox/index.ts';
import { Spool } from '#ucserver/outbox/spool.ts';
import { decodeRecords, encodeRecord } from '#ucserver/outbox/spool-record.ts';
import { MemoryDisk } from './memory-disk.ts';

const item = (id: string, body = `body of ${id}`): OutboxItem => ({ kind: 'chat', key: 'c', id, place: 1, body });
const open = (disk: SpoolDisk, segmentBytes?: number) =>
  Spool.open({ disk, logger: silentLogger, ...(segmentBytes === undefined ? {} : { segmentBytes }) });
const ids = (spool: Spool) => [...spool.items()].map(({ id }) => id);

describe('outbox: records of the spool', () => {
  it('survive whatever is torn off their end, up to the last whole one', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 8 }), fc.nat(), (bodies, cut) => {
        const records = bodies.map((body, index) => encodeRecord({ item: item(`e${index}`, body) }));
        const bytes = Buffer.concat(records);
        const left = bytes.subarray(0, cut % (bytes.length + 1));
        const { records: read, droppedBytes } = decodeRecords(left);
        let whole = 0;
        for (let length = 0; whole < records.length; whole++) {
          length += records[whole]?.length ?? 0;
          if (length > left.length) break;
        }
        assert.deepEqual(
          read,
          bodies.slice(0, whole).map((body, index) => ({ item: item(`e${index}`, body) })),
        );
        assert.equal(droppedBytes, left.length - Buffer.concat(records.slice(0, whole)).length);
      }),
      { numRuns: runs(200) },
    );
  });

  it('are not read behind one whose checksum is wrong', () => {
    const bytes = Buffer.concat([
      encodeRecord({ item: item('a') }),
      encodeRecord({ item: item('b') }),
      encodeRecord({ cancelled: 'x' }),
    ]);
    // Only the checksum tells: what it becomes is a record all the same.
    const at = bytes.indexOf('body of b');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    assert.deepEqual(decodeRecords(bytes).records, [{ item: item('a') }]);
  });
});

describe('outbox: spool', () => {
  it('answers after the fsync, one for all that came meanwhile', async () => {
    const disk = new MemoryDisk();
    const spool = await open(disk);
    const order: string[] = [];
    const appended = ['a', 'b', 'c'].map((id) =>
      spool.append(item(id)).then(() => order.push(`${id} after ${disk.done.length}`)),
    );
    await Promise.all(appended);
    assert.deepEqual(disk.done, ['create', 'append', 'sync']);
    assert.deepEqual(order, ['a after 3', 'b after 3', 'c after 3']);
    await spool.close();
  });

  it('has after a crash what it has answered, and not what was cancelled or torn', async () => {
    const disk = new MemoryDisk();
    const spool = await open(disk);
    await Promise.all([spool.append(item('a')), spool.append(item('b'))]);
    await spool.cancel(item('a'));
    disk.failNext = 'sync';
    await assert.rejects(spool.append(item('c')));
    disk.crash(11);
    const after = await open(disk);
    assert.deepEqual(ids(after), ['b']);
    await after.append(item('d'));
    disk.crash();
    assert.deepEqual(ids(await open(disk)), ['b', 'd']);
  });

  it('loses nothing behind a write that failed half-way', async () => {
    const disk = new MemoryDisk();
    const spool = await open(disk);
    await spool.append(item('a'));
    disk.failNext = 'append';
    await assert.rejects(spool.append(item('b')));
    await spool.append(item('c'));
    disk.failNext = 'create';
    await spool.close();
    await assert.rejects(spool.append(item('d')));
    await spool.append(item('e'));
    disk.crash();
    assert.deepEqual(ids(await open(disk)), ['a', 'c', 'e']);
  });

  it('takes an item again that was cancelled', async () => {
    const disk = new MemoryDisk();
    const spool = await open(disk);
    await spool.append(item('a'));
    await spool.cancel(item('a'));
    await spool.append(item('a', 'again'));
    disk.crash();
    assert.deepEqual([...(await open(disk)).items()], [item('a', 'again')]);
  });

  it('deletes a file only when SQL holds everything in it, the oldest first', async () => {
    const disk = new MemoryDisk();
    const spool = await open(disk, 1);
    for (const id of ['a', 'b', 'c']) await spool.append(item(id));
    spool.held(item('b'));
    await spool.tidy();
    assert.equal(disk.files.size, 3, 'the first file is needed, so the second stays too');
    spool.held(item('a'));
    await spool.tidy();
    assert.equal(disk.files.size, 1);
    spool.held(item('c'));
    await spool.tidy();
    assert.equal(disk.files.size, 0);
    await spool.append(item('d'));
    disk.crash();
    assert.deepEqual(ids(await open(disk)), ['d']);
  });

  it('takes over what is needed of many old files, so that they can go', async () => {
    const disk = new MemoryDisk();
    const spool = await open(disk, 400);
    await spool.append(item('old'));
    for (let number = 0; number < 20; number++) {
      await spool.append(item('x', `body ${number}`));
      await spool.append(item(`passing-${number}`));
      await spool.cancel(item(`passing-${number}`));
      await spool.tidy();
    }
    assert.ok(disk.files.size <= 6, `${disk.files.size} files`);
    disk.crash();
    const after = await open(disk, 400);
    assert.deepEqual([...after.items()].map(({ body }) => body).sort(), ['body 19', 'body of old']);
  });

  it('keeps what it is given in a real folder', async () => {
    const folder = new TempFolder('spool');
    const spool = await open(folderDisk(folder.file('outbox')));
    await Promise.all(['a', 'b', 'c'].map((id) => spool.append(item(id))));
    await spool.cancel(item('b'));
    await spool.close();
    const again = await open(folderDisk(folder.file('outbox')));
    assert.deepEqual(ids(again), ['a', 'c']);
    for (const each of [...again.items()]) again.held(each);
    await again.tidy();
    assert.deepEqual(await folderDisk(folder.file('outbox')).list(), []);
    await again.close();
    folder.remove();
  });
});
