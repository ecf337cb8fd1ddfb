import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { ucmesh } from '#test/support/ucmesh-command.ts';

describe('phone books from the command line while a server runs', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder: TempFolder;
  let config: string;
  const phoneBook = (...args: string[]) => ucmesh(['--config', config, 'phone-book', ...args]);

  before(async () => {
    cluster = await Cluster.start({ servers: 1, people: { ann: {} } });
    folder = new TempFolder('phone-book');
    config = cluster.folder.file('server-1', 'ucmesh.yaml');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    folder?.remove();
  });

  it('are imported when nothing is wrong, listed by line otherwise, and found by people at once', async () => {
    const file = folder.file('customers.csv');
    // As a spreadsheet of Western Europe writes it.
    writeFileSync(
      file,
      Buffer.from('Name;Firma;Telefon\r\nZo\xeb M\xfcller;Example AG;030 1234567\r\nNobody;;abc\r\n', 'latin1'),
    );
    const args = ['import', file, '--book', 'Customers', '--country', 'DE'];
    const dry = await phoneBook(...args, '--dry-run');
    assert.deepEqual([dry.code, dry.err.trim()], [1, `${file}:3: "abc" is no phone number`]);
    assert.match(dry.out, /1 contacts can be imported, 1 problems/);
    assert.equal((await phoneBook(...args)).code, 1);
    assert.match((await phoneBook('list')).out, /none yet/);
    const done = await phoneBook(...args, '--skip-problems');
    assert.equal(done.code, 0, done.err);
    const ann = await cluster.signIn('ann');
    await eventually(
      async () => {
        const { contacts } = await ann.client.call('phoneBook.search', { query: '030 123' });
        assert.deepEqual(
          contacts.map(({ name, company }) => [name, company]),
          [['Zoë Müller', 'Example AG']],
        );
      },
      { withinMs: 15_000 },
    );
  });

  it('are exported as vCards that can be imported again, listed and removed', async () => {
    const file = folder.file('customers.vcf');
    assert.equal((await phoneBook('export', 'Customers', '--to', file)).code, 0);
    assert.match(readFileSync(file, 'utf8'), /FN:Zoë Müller/);
    assert.equal((await phoneBook('export', 'Customers', '--to', file)).code, 1, 'nothing is written over');
    assert.equal((await phoneBook('import', file, '--book', 'Again')).code, 0);
    const books = JSON.parse((await phoneBook('list', '--json')).out) as { name: string; contacts: number }[];
    assert.deepEqual(
      books.map(({ name, contacts }) => [name, contacts]),
      [
        ['Again', 1],
        ['Customers', 1],
      ],
    );
    assert.equal((await phoneBook('remove', 'Again')).code, 0);
    const gone = await phoneBook('remove', 'Again');
    assert.deepEqual([gone.code, gone.err.includes('there is no phone book "Again"')], [1, true]);
  });

  it('refuse what makes no sense', async () => {
    const file = folder.file('list.bin');
    writeFileSync(file, 'x');
    for (const [args, said] of [
      [['import', file, '--book', 'B'], /say --format/],
      [['import', file, '--book', 'B', '--format', 'csv', '--country', 'Germany'], /no country/],
      [['import', file, '--book', ' ', '--format', 'csv'], /--book/],
      [['import', folder.file('nothing.csv'), '--book', 'B'], /ENOENT/],
    ] as const) {
      const { code, err } = await phoneBook(...args);
      assert.equal(code, 1);
      assert.match(err, said);
    }
  });
});
