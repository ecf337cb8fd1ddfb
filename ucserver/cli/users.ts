import type { Command } from 'commander';
import { passwordSchema } from '#shared/protocol/account.ts';
import { UCError } from '#shared/protocol/errors.ts';
import type { User } from '../directory/index.ts';
import { newUserSchema } from '../directory/index.ts';
import type { Company } from './company.ts';
import { readSecret } from './questions.ts';

/** Runs with the company of the configuration that was named on the command line. */
export type InCompany = <T>(act: (company: Company) => Promise<T>) => Promise<T>;

interface AddFlags {
  readonly name: string;
  readonly email: string;
  readonly department?: string;
  readonly homeServer?: string;
  readonly administrator?: boolean;
}

/** `ucmesh user …`. */
export function addUserCommands(program: Command, inCompany: InCompany): void {
  const user = program.command('user').description('create, list and change people');
  const json = ['--json', 'print JSON'] as const;

  user
    .command('add <sign-in>')
    .description('create a person; the password is asked for, or read from standard input')
    .requiredOption('--name <name>', 'name as others see it')
    .requiredOption('--email <address>', 'e-mail address')
    .option('--department <name>', 'department')
    .option('--home-server <id>', 'server the person is at home on; without one any server will do')
    .option('--administrator', 'may administer')
    .option(...json)
    .action(async (signIn: string, flags: AddFlags & { json?: boolean }) => {
      const password = await readPassword();
      const created = await inCompany((company) => addUser(company, signIn, flags, password));
      print([created], flags.json === true);
    });

  user
    .command('list')
    .description('list everybody')
    .option(...json)
    .action(async (flags: { json?: boolean }) => {
      const users = await inCompany(async ({ directory }) => [...directory.all()]);
      print(
        users.sort((a, b) => a.signIn.localeCompare(b.signIn)),
        flags.json === true,
      );
    });

  user
    .command('set-password <sign-in>')
    .description('set a new password (asked for, or read from standard input) and sign the person out everywhere')
    .action(async (signIn: string) => {
      const password = await readPassword();
      await inCompany(async (company) => {
        const found = find(company, signIn);
        await company.directory.setPasswordHash(found.id, await company.passwords.hash(password), {
          actor: 'system',
          from: 'command line',
        });
      });
    });

  user
    .command('lock <sign-in>')
    .description('lock a person out and end their sessions; --undo lets them in again')
    .option('--undo', 'let the person in again')
    .action(async (signIn: string, { undo = false }: { undo?: boolean }) => {
      await inCompany((company) =>
        company.directory.lockUser(find(company, signIn).id, !undo, { actor: 'system', from: 'command line' }),
      );
    });
}

/** Creates one person with a password. @throws UCError BAD_REQUEST naming the wrong field */
export async function addUser(
  { directory, passwords }: Company,
  signIn: string,
  flags: AddFlags,
  password: string,
): Promise<User> {
  const { name: displayName, email, department, homeServer, administrator = false } = flags;
  const request = { signIn, displayName, email, department, homeServer, administrator };
  // Checked before the password is hashed, which takes a while.
  const wrong = newUserSchema.safeParse(request).error?.issues[0];
  if (wrong) throw new UCError('BAD_REQUEST', wrong.message, { field: wrong.path.join('.') });
  const user = newUserSchema.parse(request);
  return directory.createUser({ user, passwordHash: await passwords.hash(password) }, { actor: 'system', from: 'command line' });
}

async function readPassword(): Promise<string> {
  const password = await readSecret('Password');
  checkPassword(password);
  return password;
}

/** @throws UCError BAD_REQUEST */
export function checkPassword(password: string): void {
  const wrong = passwordSchema.safeParse(password).error?.issues[0];
  if (wrong) throw new UCError('BAD_REQUEST', wrong.message, { field: 'password' });
}

function find({ directory }: Company, signIn: string): User {
  const found = directory.bySignIn(signIn);
  if (!found) throw new UCError('NOT_FOUND', `nobody signs in as ${signIn}`);
  return found;
}

function print(users: readonly User[], asJson: boolean): void {
  const rows = users.map(({ id, signIn, displayName, email, administrator, locked, homeServer }) => ({
    ...{ id, signIn, name: displayName, email, administrator, locked, homeServer: homeServer ?? null },
  }));
  if (asJson) console.log(JSON.stringify(rows));
  else if (rows.length === 0) console.log('nobody yet');
  else console.table(rows);
}
