import assert from 'node:assert/strict';
import { systemClock } from '#shared/runtime/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { InProcess } from '#test/support/in-process.ts';
import { PhoneBookRepository } from '#ucserver/phone-book/index.ts';

describe('phone books on two servers', function () {
  this.timeout(60_000);
  let stage: InProcess;

  before(async () => {
    stage = await InProcess.start({ servers: 2, people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } } });
  });
  after(() => stage?.[Symbol.asyncDispose]());

  it('are found on every server soon after an import, name callers, and are forgotten when they are removed', async () => {
    const [first, second] = stage.servers;
    assert.ok(first && second);
    const repository = new PhoneBookRepository(first.database, systemClock);
    const contact = (name: string, number: string, shown: string) => ({
      name,
      numbers: [{ kind: 'work' as const, number, shown }],
    });
    await repository.replace('Customers', [
      contact('Zoë Müller', '+49301234567', '+49 30 1234567'),
      contact('Ann Other', '+49301234568', '+49 30 1234568'),
      contact('Cleo', '+49301234569', '+49 30 1234569'),
    ]);
    const bob = await stage.signIn('bob', 1);
    const found = async (query: string) =>
      (await bob.client.call('phoneBook.search', { query })).contacts.map(({ name, book }) => `${name} (${book})`);
    await eventually(async () => assert.deepEqual(await found('mull'), ['Zoë Müller (Customers)']), { withinMs: 10_000 });
    const page = await bob.client.call('phoneBook.list', { limit: 2 });
    assert.deepEqual(
      page.contacts.map(({ name }) => name),
      ['Ann Other', 'Cleo'],
    );
    const rest = await bob.client.call('phoneBook.list', { cursor: page.nextCursor ?? '' });
    assert.deepEqual([rest.contacts.map(({ name }) => name), rest.nextCursor], [['Zoë Müller'], undefined]);
    await assert.rejects(bob.client.call('phoneBook.list', { cursor: 'gone' }), { code: 'BAD_REQUEST', field: 'params.cursor' });
    for (const { phoneBooks } of stage.servers)
      await eventually(() => assert.deepEqual(phoneBooks.nameOf('+49301234567'), { name: 'Zoë Müller' }), { withinMs: 10_000 });

    await repository.remove('Customers');
    for (const { phoneBooks } of stage.servers)
      await eventually(() => assert.equal(phoneBooks.nameOf('+49301234567'), undefined), { withinMs: 10_000 });
    assert.deepEqual(await found('mull'), []);
  });
});
