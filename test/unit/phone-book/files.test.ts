import assert from 'node:assert/strict';
import { delimiterOf, readCsv } from '#ucserver/phone-book/csv.ts';
import {
  type Contact,
  planImport,
  readCsvContacts,
  readVcardContacts,
  textOf,
  writeCsvContacts,
  writeVcardContacts,
} from '#ucserver/phone-book/index.ts';

const fieldsOf = (text: string, delimiter = ',') => readCsv(text, delimiter).records.map(({ fields }) => fields);

describe('files of phone books', () => {
  it('are CSV with quotes, line ends of any system, and fields over several lines', () => {
    assert.deepEqual(fieldsOf('a,b\r\n"x, ""y""",z\n'), [
      ['a', 'b'],
      ['x, "y"', 'z'],
    ]);
    assert.deepEqual(fieldsOf('a,\n,b\n\n,,\nc'), [['a', ''], ['', 'b'], ['c']]);
    assert.deepEqual(fieldsOf('a,'), [['a', '']]);
    const { records } = readCsv('a\n"two\nlines"\nlast', ',');
    assert.deepEqual(
      records.map(({ line, fields }) => [line, ...fields]),
      [
        [1, 'a'],
        [2, 'two\nlines'],
        [4, 'last'],
      ],
    );
    assert.equal(readCsv('a\nb,"never ends\n', ',').openQuote, 2);
  });

  it('say by their first line what separates fields', () => {
    assert.equal(delimiterOf('Name;Firma;"a,b,c,d"\nx'), ';');
    assert.equal(delimiterOf('Name\tPhone'), '\t');
    assert.equal(delimiterOf('Name,Phone'), ',');
  });

  it('may have any usual encoding', () => {
    const umlaut = 'Müller €';
    assert.equal(textOf(Buffer.from(umlaut)), umlaut);
    assert.equal(textOf(Buffer.from(`\ufeff${umlaut}`)), umlaut);
    assert.equal(textOf(Buffer.from(`\ufeff${umlaut}`, 'utf16le')), umlaut);
    assert.equal(textOf(Buffer.from([0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72, 0x20, 0x80])), umlaut);
    assert.equal(textOf(Buffer.from([0xa4]), 'iso-8859-15'), '€');
    assert.throws(() => textOf(Buffer.from([0xfc, 0x20]), 'utf-8'), TypeError);
  });

  it('are read from what common programs export, numbers as E.164', () => {
    const csv =
      'Vorname;Nachname;Firma;Telefon geschäftlich;Mobiltelefon\nZoë;Müller;"Müller & Söhne; KG";030 / 123 45 67;+49 (0)151 12345678\n';
    const { contacts, problems } = planImport(readCsvContacts(csv), 'DE');
    assert.deepEqual(problems, []);
    assert.deepEqual(contacts, [
      {
        name: 'Zoë Müller',
        company: 'Müller & Söhne; KG',
        numbers: [
          { kind: 'work', number: '+49301234567', shown: '+49 30 1234567' },
          { kind: 'mobile', number: '+4915112345678', shown: '+49 1511 2345678' },
        ],
      },
    ]);
  });

  it('name every problem by its line', () => {
    const csv =
      'Name,Phone\nAda,+49301234567\nBob,030123\n,+49301234568\nCleo,\nDan,abc\nAda,+49301234567\nEve,+4930123,too,many\n';
    const { contacts, problems } = planImport(readCsvContacts(csv), undefined);
    assert.deepEqual(
      contacts.map(({ name }) => name),
      ['Ada'],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [3, 4, 5, 6, 7, 8],
    );
    assert.match(problems[0]?.problem ?? '', /needs a country/);
    assert.match(problems[4]?.problem ?? '', /line 2/);
    assert.match(planImport(readCsvContacts('a,b\n1,2\n'), 'DE').problems[0]?.problem ?? '', /no column for a name/);
    assert.match(planImport(readCsvContacts(''), 'DE').problems[0]?.problem ?? '', /empty/);
  });

  it('are vCards of all versions, folded and quoted as they come', () => {
    const text = [
      'BEGIN:VCARD',
      'VERSION:2.1',
      'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Zo=',
      '=C3=AB',
      'TEL;WORK;VOICE:+49 30 1234567',
      'TEL;CELL:+49 151 12345678',
      'END:VCARD',
      'BEGIN:VCARD',
      'VERSION:4.0',
      'FN:Bob \\, the',
      '  builder',
      'ORG:Works;Department',
      'item1.TEL;VALUE=uri;TYPE="home,voice":tel:+1-212-555-0100;ext=7',
      'item1.EMAIL:bob@example.com',
      'END:VCARD',
      '',
    ].join('\r\n');
    const { contacts, problems } = planImport(readVcardContacts(text), undefined);
    assert.deepEqual(problems, []);
    const shortened = contacts.map(({ name, company, email, numbers }) => [
      name,
      company,
      email,
      numbers.map(({ kind, number }) => [kind, number]),
    ]);
    assert.deepEqual(shortened, [
      [
        'Zoë Müller',
        undefined,
        undefined,
        [
          ['work', '+49301234567'],
          ['mobile', '+4915112345678'],
        ],
      ],
      ['Bob , the builder', 'Works', 'bob@example.com', [['home', '+12125550100']]],
    ]);
    const torn = 'BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nTEL:+49301234567\nEND:VCARD\nEND:VCARD\n';
    const plan = planImport(readVcardContacts(torn), undefined);
    assert.deepEqual([plan.contacts.length, plan.problems.map(({ line }) => line)], [1, [1, 7]]);
    assert.match(planImport(readVcardContacts('Name,Phone\n'), 'DE').problems[0]?.problem ?? '', /no vCard/);
  });

  it('that were written are read back as they were', () => {
    const contacts: Contact[] = [
      {
        name: `A "quoted"; name, with ${'é'.repeat(60)}\nand a line`,
        company: 'C;D',
        email: 'a@example.com',
        numbers: [
          { kind: 'work', number: '+49301234567', shown: '+49 30 1234567' },
          { kind: 'work', number: '+49301234568', shown: '+49 30 1234568' },
          { kind: 'fax', number: '+12125550100', shown: '+1 212 555 0100' },
        ],
      },
      { name: 'Bob', numbers: [{ kind: 'other', number: '+49301234567', shown: '+49 30 1234567' }] },
    ];
    assert.deepEqual(planImport(readCsvContacts(writeCsvContacts(contacts)), undefined), { contacts, problems: [] });
    assert.deepEqual(planImport(readVcardContacts(writeVcardContacts(contacts)), undefined), { contacts, problems: [] });
  });
});
