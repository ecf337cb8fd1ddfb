import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { TempFolder } from '#test/support/temp-folder.ts';
import { SecretBox } from '#ucserver/database/index.ts';
import { SnapshotFile } from '#ucserver/database/snapshot-file.ts';

const position = { identity: '1-5', version: 42 };
const pages = [
  { kind: 'user', rows: [{ id: 'ada', secret: 'a verifier that must not be read' }, { id: 'bob' }] },
  { kind: 'group', rows: [] },
  { kind: 'user', rows: [{ id: 'cem' }] },
];

describe('snapshot file', () => {
  let folder: TempFolder;
  let path: string;
  const fileWith = (password: string) => new SnapshotFile(path, new SecretBox('mesh', password, 'snapshot'));

  beforeEach(async () => {
    folder = new TempFolder('snapshot');
    path = folder.file('new', 'folder', 'snapshot');
    await fileWith('right').write(position, pages);
  });
  afterEach(() => folder.remove());

  it('gives back what was written', async () => {
    assert.deepEqual(await fileWith('right').read(), {
      position,
      rows: new Map([
        ['user', [{ id: 'ada', secret: 'a verifier that must not be read' }, { id: 'bob' }, { id: 'cem' }]],
        ['group', []],
      ]),
    });
  });

  it('is missing when it was never written', async () => {
    path = folder.file('other');
    assert.equal(await fileWith('right').read(), undefined);
  });

  it('cannot be read without the password of the mesh', async () => {
    assert.ok(!(await readFile(path)).includes('verifier'));
    await assert.rejects(fileWith('wrong').read());
  });

  it('is refused as a whole wherever it is torn or altered', async () => {
    const bytes = await readFile(path);
    for (let length = 0; length < bytes.length; length += 7) {
      await writeFile(path, bytes.subarray(0, length));
      await assert.rejects(fileWith('right').read(), `torn after ${length} of ${bytes.length} bytes`);
    }
    for (let at = 0; at < bytes.length; at += 13) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      await writeFile(path, altered);
      await assert.rejects(fileWith('right').read(), `altered at ${at}`);
    }
  });

  it('keeps the old one when a new one fails half way', async () => {
    function* failing() {
      yield { kind: 'user', rows: [{ id: 'dan' }] };
      throw new Error('the disk is full');
    }
    await assert.rejects(fileWith('right').write({ identity: '1-5', version: 43 }, failing()));
    assert.equal((await fileWith('right').read())?.position.version, 42);
  });
});
