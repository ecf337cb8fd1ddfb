import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { randomId } from '#shared/random-id.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/index.ts';
import {
  installedLicence,
  issueLicence,
  type Licence,
  LicensingRepository,
  licenceState,
  newIssuerKey,
  readLicence,
} from '../licensing/index.ts';

/** Lets a command work with the company's database. */
export type InDatabase = (act: (database: Database, config: Config) => Promise<void>) => Promise<void>;

interface Issuing {
  readonly key: string;
  readonly customer: string;
  readonly onlineUsers?: string;
  readonly softphoneCalls?: string;
  readonly validUntil?: string;
  readonly graceDays: string;
  readonly out: string;
}

/** Who did it, in the audit log. */
const origin = { actor: 'system', from: 'command line' } as const;

/** `ucmesh licence …`: for issuers of licences, and for administrators who install them. */
export function addLicenceCommands(program: Command, inDatabase: InDatabase): void {
  const licence = program.command('licence').description('licences: make and install them; without one nothing is limited');

  licence
    .command('new-issuer')
    .description('make the key of an issuer; the public part goes into licensing.issuer of every server')
    .requiredOption('--key <file>', 'where the private key is written')
    .action(({ key }: { key: string }) => {
      const made = newIssuerKey();
      writeFileSync(key, made.privateKey, { mode: 0o600, flag: 'wx' });
      console.log(`licensing.issuer: ${made.publicKey}`);
    });

  licence
    .command('issue')
    .description('issue a licence; seats that are not named are unlimited')
    .requiredOption('--key <file>', 'private key of the issuer')
    .requiredOption('--customer <name>', 'who may use it')
    .option('--online-users <seats>', 'people signed in at the same time')
    .option('--softphone-calls <seats>', 'softphone calls at the same time')
    .option('--valid-until <time>', 'its end, for example 2030-12-31T23:59:59Z; default: none')
    .option('--grace-days <days>', 'days after its end during which everything goes on', '30')
    .requiredOption('--out <file>', 'licence file')
    .action((asked: Issuing) => {
      const document = issueLicence(
        {
          id: randomId(),
          customer: asked.customer,
          issuedAt: new Date().toISOString(),
          ...(asked.validUntil === undefined ? {} : { validUntil: asked.validUntil }),
          graceDays: wholeNumber(asked.graceDays, '--grace-days'),
          features: {
            onlineUsers: asked.onlineUsers === undefined ? null : wholeNumber(asked.onlineUsers, '--online-users'),
            softphoneCalls: asked.softphoneCalls === undefined ? null : wholeNumber(asked.softphoneCalls, '--softphone-calls'),
          },
        },
        createPrivateKey(readFileSync(asked.key)),
      );
      writeFileSync(asked.out, document);
      console.log(`written to ${asked.out}`);
    });

  licence
    .command('install')
    .description('put a licence in force on all servers')
    .argument('<file>', 'licence file')
    .action(async (file: string) => {
      const document = readFileSync(file, 'utf8');
      await inDatabase(async (database, { licensing }) => {
        if (licensing.issuer === undefined) throw new Error('licensing.issuer is not configured: whose licence is it?');
        const installed = readLicence(document, licensing.issuer);
        await new LicensingRepository(database).install(document, Date.now(), origin);
        console.log(described(installed));
      });
    });

  licence
    .command('remove')
    .description('take the licence away: nothing is limited any more')
    .action(async () => {
      await inDatabase(async (database) => {
        await new LicensingRepository(database).install(undefined, Date.now(), origin);
        console.log('no licence is in force; nothing is limited');
      });
    });

  licence
    .command('show')
    .description('the licence in force, and which servers hold its seats')
    .action(async () => {
      await inDatabase(async (database, { licensing }) => {
        const { document, blocks } = await new LicensingRepository(database).show();
        if (document === undefined || licensing.issuer === undefined) {
          console.log('no licence is in force; nothing is limited');
          return;
        }
        console.log(described(readLicence(document, licensing.issuer)));
        for (const { feature, serverId, seats } of blocks) console.log(`${feature}: ${serverId} holds ${seats}`);
      });
    });

  licence
    .command('free')
    .description(
      'free the seats of a server that is gone for good. If it still runs somewhere, more people than licensed may be online',
    )
    .argument('<server>', 'id of the server')
    .action(async (serverId: string) => {
      await inDatabase(async (database) => {
        const freed = await new LicensingRepository(database).freeAll(serverId, Date.now(), origin);
        console.log(`${freed} seats of ${serverId} are free`);
      });
    });
}

function described(licence: Licence): string {
  const { id, customer, validUntil = 'for ever', features } = licence;
  const seats = Object.entries(features).map(([feature, count]) => `${feature} ${count ?? 'unlimited'}`);
  return `${installedLicence}: ${id} of ${customer}, ${licenceState(licence, Date.now())}, until ${validUntil}: ${seats.join(', ')}`;
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} must be a whole number`);
  return Number(text);
}
