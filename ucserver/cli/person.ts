import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type UserId, userIdSchema } from '#shared/ids.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { Audit } from '../database/index.ts';
import { erasePerson, exportPerson, PrivacyRepository } from '../privacy/index.ts';
import type { Company } from './company.ts';
import type { InCompany } from './users.ts';

/** So that servers which use the same database have the larger part of it. */
const restMs = 20;
/** Servers read within a second that somebody is locked, and store within two more when they were last seen. */
const settleMs = 5_000;

/** `ucmesh person …`: what is stored of one person. */
export function addPersonCommands(program: Command, inCompany: InCompany): void {
  const person = program.command('person').description('export or erase what is stored of one person');

  person
    .command('export <user>')
    .description('write everything that is stored of a person, named by sign-in name or id, to a file of JSON lines')
    .requiredOption('--to <file>', 'file to write; it must not exist')
    .action(async (user: string, { to }: { to: string }) => {
      const lines = await inCompany((company) => exportTo(to, company, find(company, user)));
      console.log(`${lines} lines were written to ${to}`);
    });

  person
    .command('erase <user>')
    .description('erase a person, named by sign-in name or id: profile, texts, files; this cannot be undone')
    .option('--yes', 'do not ask')
    .action(async (user: string, { yes = false }: { yes?: boolean }) => {
      await inCompany(async (company) => {
        const found = find(company, user);
        if (!yes) await confirm(user);
        const { database } = company;
        const audit = new Audit(database, systemClock);
        const erased = await erasePerson(found, {
          ...{ repository: new PrivacyRepository(database), audit, clock: systemClock, restMs, settleMs },
        });
        console.log(`erased: texts in ${erased.conversations} conversations, ${erased.files} files`);
      });
    });
}

/** @returns the number of lines */
async function exportTo(path: string, { database }: Company, userId: UserId): Promise<number> {
  const audit = new Audit(database, systemClock);
  await audit.record({ actor: 'system', action: 'user.export', object: `user/${userId}`, from: 'command line' });
  // For its owner's eyes only, and never over something that is there.
  const file = await open(path, 'wx', 0o600);
  try {
    let lines = 0;
    for await (const line of exportPerson(new PrivacyRepository(database), userId)) {
      await file.write(`${JSON.stringify(line)}\n`);
      lines++;
    }
    await file.sync();
    return lines;
  } finally {
    await file.close();
  }
}

function find({ directory }: Company, user: string): UserId {
  const found = directory.bySignIn(user) ?? directory.byId(userIdSchema.safeParse(user).data ?? ('' as UserId));
  if (!found) throw new UCError('NOT_FOUND', `nobody signs in as ${user}, or has this id`);
  return found.id;
}

/** @throws Error unless somebody at a terminal types the name */
async function confirm(user: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Error('not at a terminal, so --yes must be given');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const typed = await terminal.question(`This cannot be undone. Type ${user} to erase this person: `);
    if (typed.trim() !== user) throw new Error('nothing was erased');
  } finally {
    terminal.close();
  }
}
