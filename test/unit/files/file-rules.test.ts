import assert from 'node:assert/strict';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { ManualClock } from '#test/support/manual-clock.ts';
import { checkExtension, cleanName, extensionOf } from '#ucserver/files/file-name.ts';
import type { ContentHash } from '#ucserver/files/file-store.ts';
import { createFileLinks } from '#ucserver/files/links.ts';
import { isPicture, mediaTypeOf } from '#ucserver/files/media-type.ts';
import { rangeOf } from '#ucserver/files/range.ts';

describe('names of files', () => {
  it('are shown as they are, but for what could mislead or lead elsewhere', () => {
    assert.equal(cleanName(' Größe der Häuser.pdf '), 'Größe der Häuser.pdf');
    assert.equal(cleanName('a/b\\c\u0000d.txt'), 'a_b_c_d.txt');
    assert.equal(cleanName('invoice\u202egpj.exe'), 'invoice_gpj.exe');
    assert.equal(cleanName('x'.repeat(255)).length, 255);
  });

  it('are refused when nothing is left of them, or too much', () => {
    for (const name of ['', '  ', '.', '..', 'x'.repeat(256), '\ud800.txt'])
      assert.throws(() => cleanName(name), { code: 'BAD_REQUEST', field: 'name' }, name);
  });

  it('end as Windows sees it', () => {
    assert.deepEqual(['a.EXE', 'a.tar.gz', 'setup.exe. ', 'none', '.bashrc', 'a.'].map(extensionOf), [
      'exe',
      'gz',
      'exe',
      '',
      'bashrc',
      '',
    ]);
    assert.throws(() => checkExtension('setup.exe .', ['exe']), { code: 'FORBIDDEN', field: 'name' });
    checkExtension('setup.exe.txt', ['exe']);
  });
});

describe('kinds of files', () => {
  it('are told by the first bytes, and only those that no browser runs', () => {
    const kindOf = (text: string) => mediaTypeOf(Buffer.from(text, 'latin1'));
    assert.equal(kindOf('\x89PNG\r\n\x1a\n'), 'image/png');
    assert.equal(kindOf('RIFF\x00\x00\x00\x00WEBPVP8 '), 'image/webp');
    assert.equal(kindOf('%PDF-1.7'), 'application/pdf');
    for (const text of ['<svg xmlns="x">', '<!doctype html>', '<?xml version="1.0"?>', 'text', ''])
      assert.equal(kindOf(text), 'application/octet-stream', text);
    assert.deepEqual(['image/png', 'image/svg+xml', 'image/bmp', 'application/pdf'].map(isPicture), [true, false, false, false]);
  });
});

describe('ranges of a file of 1,000 bytes', () => {
  for (const [header, expected] of [
    [undefined, undefined],
    ['bytes=0-99', { first: 0, last: 99 }],
    ['bytes=900-', { first: 900, last: 999 }],
    ['bytes=900-5000', { first: 900, last: 999 }],
    ['bytes=-1', { first: 999, last: 999 }],
    ['bytes=-5000', { first: 0, last: 999 }],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', undefined],
    ['bytes=0-1,5-6', undefined],
    ['bytes=-', undefined],
    ['lines=1-2', undefined],
    ['bytes=99999999999999999999-', undefined],
  ] as const)
    it(`${header ?? 'without a header'}`, () => assert.deepEqual(rangeOf(header, 1_000), expected));

  it('there are none in an empty file', () => {
    assert.equal(rangeOf('bytes=0-', 0), 'unsatisfiable');
    assert.equal(rangeOf('bytes=-5', 0), 'unsatisfiable');
  });
});

describe('links to files', () => {
  const content = { hash: 'a'.repeat(64) as ContentHash, variant: 'content', name: 'a.txt', type: 'text/x', size: 3 } as const;

  it('are read by every server of the mesh until they end, and by no other', () => {
    const clock = new ManualClock();
    const links = (password: string) => createFileLinks({ keys: new MeshKeys('mesh', password), clock, forMs: 1_000 });
    const { token } = links('secret').write(content);
    assert.deepEqual(links('secret').read(token), content);
    assert.equal(links('other').read(token), undefined);
    const [text = '', mac = ''] = token.split('.');
    const forged = Buffer.from(Buffer.from(text, 'base64url').toString().replace('a.txt', 'b.txt')).toString('base64url');
    for (const wrong of [`${forged}.${mac}`, text, `${text}.`, `${text}.${mac}.x`, '', '..'])
      assert.equal(links('secret').read(wrong), undefined, wrong);
    clock.advance(1_000);
    assert.equal(links('secret').read(token), undefined);
  });
});

describe('errors about files', () => {
  it('say whether it helps to try again', () => {
    assert.deepEqual(
      (['QUOTA_EXCEEDED', 'OFFSET_CONFLICT', 'FILE_SCANNING', 'FILE_REFUSED'] as const).map(
        (code) => new UCError(code).retryable,
      ),
      [false, false, true, false],
    );
  });
});
