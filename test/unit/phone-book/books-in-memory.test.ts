import assert from 'node:assert/strict';
import { BooksInMemory } from '#ucserver/phone-book/books-in-memory.ts';
import type { Contact } from '#ucserver/phone-book/index.ts';

const contact = (name: string, number: string, shown: string, company?: string): Contact => ({
  ...{ name, ...(company === undefined ? {} : { company }) },
  numbers: [{ kind: 'work', number, shown }],
});

describe('phone books in memory', () => {
  const books = new BooksInMemory();
  const namesOf = (query: string, limit = 10) => books.search(query, limit).map(({ name }) => name);
  before(() => {
    books.set('p1', 'Customers', [
      contact('Zoë Müller', '+49301234567', '+49 30 1234567', 'Example AG'),
      contact('Bob Builder', '+12125550100', '+1 212 555 0100'),
    ]);
    books.set('p2', 'Suppliers', [contact('Äneas Example', '+49301234567', '+49 30 1234567')]);
  });

  it('are found by beginnings of words, without regard to case and accents, names first', () => {
    assert.deepEqual(namesOf('mul'), ['Zoë Müller']);
    assert.deepEqual(namesOf('exam'), ['Äneas Example', 'Zoë Müller']);
    assert.deepEqual(namesOf('zoe exa'), ['Zoë Müller']);
    assert.deepEqual(namesOf('exam', 1), ['Äneas Example']);
  });

  it('are found by numbers with and without country code, however they are typed', () => {
    for (const typed of ['+49 30 12', '0049 30 12', '030/12', '30 12', '1234567'])
      assert.deepEqual(namesOf(typed).sort(), ['Zoë Müller', 'Äneas Example'], typed);
    assert.deepEqual(namesOf('212 555'), ['Bob Builder']);
  });

  it('are listed by name in pages', () => {
    const first = books.page(undefined, 2);
    assert.deepEqual(
      first.map(({ name, book }) => [name, book]),
      [
        ['Äneas Example', 'Suppliers'],
        ['Bob Builder', 'Customers'],
      ],
    );
    assert.deepEqual(
      books.page(first[1]?.id, 2).map(({ name }) => name),
      ['Zoë Müller'],
    );
  });

  it('name the first by name who has a number', () => {
    assert.equal(books.nameOf('+49301234567'), 'Äneas Example');
    assert.equal(books.nameOf('+4930'), undefined);
  });

  it('forget what a part held when it is replaced or gone', () => {
    books.set('p2', 'Suppliers', [contact('Cleo', '+4940111222', '+49 40 111222')]);
    assert.deepEqual([namesOf('aneas'), namesOf('cleo')], [[], ['Cleo']]);
    assert.equal(books.nameOf('+49301234567'), 'Zoë Müller');
    books.delete('p2');
    assert.deepEqual([namesOf('cleo'), books.size], [[], 2]);
  });
});
