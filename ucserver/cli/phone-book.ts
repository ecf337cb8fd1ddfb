import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { systemClock } from '#shared/runtime/clock.ts';
import { isCountry } from '../dialing/e164.ts';
import {
  type Contact,
  type Encoding,
  encodings,
  type ImportPlan,
  PhoneBookRepository,
  planImport,
  readCsvContacts,
  readVcardContacts,
  textOf,
  writeCsvContacts,
  writeVcardContacts,
} from '../phone-book/index.ts';
import type { InCompany } from './users.ts';

interface ImportFlags {
  readonly book: string;
  readonly format?: Format;
  readonly encoding?: Encoding;
  readonly delimiter?: string;
  readonly country?: string;
  readonly dryRun?: boolean;
  readonly skipProblems?: boolean;
}

type Format = (typeof formats)[number];
const formats = ['csv', 'vcard'] as const;
const longestName = 100;

/** `ucmesh phone-book …`: phone books of the company, for everybody's search and for names of callers. */
export function addPhoneBookCommands(program: Command, inCompany: InCompany): void {
  const phoneBook = program.command('phone-book').description('import, export, list and remove phone books of the company');
  const repositoryOf = ({ database }: Parameters<Parameters<InCompany>[0]>[0]) => new PhoneBookRepository(database, systemClock);
  const format = () => new Option('--format <format>', 'default: by the ending of the file name').choices(formats);

  phoneBook
    .command('import <file>')
    .description('put the contacts of a CSV or vCard file in the place of a phone book, or make it')
    .requiredOption('--book <name>', 'name of the phone book')
    .addOption(format())
    .addOption(new Option('--encoding <name>', 'default: by the bytes of the file').choices(encodings))
    .option('--delimiter <character>', 'between fields of CSV; default: "," ";" or tab, as the first line has it')
    .option('--country <code>', 'country of numbers without +, for example DE')
    .option('--dry-run', 'only list what is wrong, line by line')
    .option('--skip-problems', 'leave out what is wrong and import the rest')
    .action(async (file: string, flags: ImportFlags) => {
      const plan = readPlan(file, flags);
      for (const { line, problem } of plan.problems) console.error(`${file}:${line}: ${problem}`);
      console.log(`${plan.contacts.length} contacts can be imported, ${plan.problems.length} problems`);
      const refused = plan.problems.length > 0 && flags.skipProblems !== true;
      if (flags.dryRun === true || refused) {
        if (plan.problems.length > 0) process.exitCode = 1;
        return;
      }
      await inCompany((company) => repositoryOf(company).replace(flags.book, plan.contacts));
      console.log(`"${flags.book}" holds ${plan.contacts.length} contacts now`);
    });

  phoneBook
    .command('export <book>')
    .description('write a phone book to a file')
    .requiredOption('--to <file>', 'file to write; it must not exist')
    .addOption(format())
    .action(async (book: string, { to, format: stated }: { to: string; format?: Format }) => {
      const contacts: Contact[] = [];
      await inCompany(async (company) => {
        for await (const part of repositoryOf(company).contacts(book)) contacts.push(...part);
      });
      const write = formatOf(to, stated) === 'csv' ? writeCsvContacts : writeVcardContacts;
      writeFileSync(to, write(contacts), { flag: 'wx', mode: 0o600 });
      console.log(`${contacts.length} contacts were written to ${to}`);
    });

  phoneBook
    .command('list')
    .description('the phone books there are')
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const books = await inCompany((company) => repositoryOf(company).all());
      const shown = books.map(({ importedAt, ...book }) => ({ ...book, imported: new Date(importedAt).toISOString() }));
      if (json) console.log(JSON.stringify(shown));
      else if (shown.length === 0) console.log('none yet');
      else console.table(shown);
    });

  phoneBook
    .command('remove <book>')
    .description('remove a phone book')
    .action(async (book: string) => {
      await inCompany((company) => repositoryOf(company).remove(book));
      console.log(`"${book}" is removed`);
    });
}

/** @throws Error when the file cannot be read, or what was asked for makes no sense */
function readPlan(file: string, { book, format, encoding, delimiter, country }: ImportFlags): ImportPlan {
  if (book.trim() === '' || book.length > longestName) throw new Error(`--book must have 1 to ${longestName} characters`);
  if (country !== undefined && !isCountry(country)) throw new Error(`--country: ${country} is no country of ISO 3166-1, like DE`);
  if (delimiter !== undefined && !/^[^"\r\n]$/.test(delimiter)) throw new Error('--delimiter must be one character');
  const text = textOf(readFileSync(file), encoding);
  const parsed = formatOf(file, format) === 'csv' ? readCsvContacts(text, delimiter) : readVcardContacts(text);
  return planImport(parsed, country);
}

/** @throws Error when the name does not say it */
function formatOf(file: string, stated: Format | undefined): Format {
  if (stated !== undefined) return stated;
  if (/\.(csv|txt|tsv)$/i.test(file)) return 'csv';
  if (/\.(vcf|vcard)$/i.test(file)) return 'vcard';
  throw new Error(`${file}: say --format csv or --format vcard`);
}
