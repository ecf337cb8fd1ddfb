import assert from 'node:assert/strict';
import { randomId } from '#shared/random-id.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { type Contact, PhoneBookRepository, phoneBookProcedures } from '#ucserver/phone-book/index.ts';
import { engines, openTestDatabase, type TestDatabase } from './database-engines.ts';

for (const engine of engines) {
  describe(`phone books over ${engine}`, function () {
    this.timeout(60_000);
    let opened: TestDatabase;
    let repository: PhoneBookRepository;
    let name: string;

    before(async function () {
      opened = await openTestDatabase(engine, this, [phoneBookProcedures]);
      repository = new PhoneBookRepository(opened.database, systemClock);
    });
    after(() => opened?.[Symbol.asyncDispose]());
    beforeEach(() => {
      name = `Book ${randomId()}`;
    });

    const contactsOf = (count: number, prefix = 'Person'): Contact[] =>
      Array.from({ length: count }, (_, index) => ({
        name: `${prefix} ${index} "ß" 👋`,
        numbers: [{ kind: 'work' as const, number: `+4930${1_000_000 + index}`, shown: `+49 30 ${1_000_000 + index}` }],
      }));
    const read = async () => {
      const contacts: Contact[] = [];
      for await (const part of repository.contacts(name)) contacts.push(...part);
      return contacts;
    };
    const changesOf = async (kind: string) => {
      const { db } = opened.database.queries;
      return (await opened.database.read(db.selectFrom('changes').select('object_id').where('kind', '=', kind))).length;
    };

    it('are kept in parts and read in the order of the import', async () => {
      const contacts = contactsOf(450);
      await repository.replace(name, contacts);
      assert.deepEqual(await read(), contacts);
      const book = (await repository.all()).find((each) => each.name === name);
      assert.equal(book?.contacts, 450);
    });

    it('are replaced by the next import, and servers are told which parts came and went', async () => {
      await repository.replace(name, contactsOf(450));
      const before = await changesOf('phoneBookPart');
      await repository.replace(name, contactsOf(10, 'Other'));
      assert.deepEqual(await read(), contactsOf(10, 'Other'));
      assert.equal((await changesOf('phoneBookPart')) - before, 4);
      assert.equal((await repository.all()).filter((each) => each.name === name).length, 1);
    });

    it('are gone when they are removed', async () => {
      await repository.replace(name, contactsOf(3));
      await repository.remove(name);
      await assert.rejects(read(), { code: 'NOT_FOUND' });
      await assert.rejects(repository.remove(name), { code: 'NOT_FOUND' });
    });
  });
}
