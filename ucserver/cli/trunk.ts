import type { Command } from 'commander';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { TrunkRepository, trunkSchema } from '../trunks/index.ts';
import type { Company } from './company.ts';
import { readSecret } from './questions.ts';
import type { InCompany } from './users.ts';
import { readValues } from './values-file.ts';

const origin = { actor: 'system', from: 'command line' } as const;

/** `ucmesh trunk …`: lines to providers and other telephone systems. */
export function addTrunkCommands(program: Command, inCompany: InCompany): void {
  const trunk = program.command('trunk').description('list, set and remove trunks to providers and other telephone systems');

  trunk
    .command('list')
    .description('the trunks there are; passwords are never shown')
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const trunks = await inCompany(async (company) => repositoryOf(company).all());
      const shown = trunks.map(({ password, ...rest }) => ({ ...rest, hasPassword: password !== undefined }));
      if (json) console.log(JSON.stringify(shown));
      else if (shown.length === 0) console.log('none yet');
      else
        console.table(
          shown.map(({ id, name, enabled, peers, priority, lines, registers }) => ({
            ...{
              id,
              name,
              enabled,
              peers: peers.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`)).join(', '),
            },
            ...{ priority, lines, registers },
          })),
        );
    });

  trunk
    .command('set <file>')
    .description('store the trunk that a YAML or JSON file describes; one with the same id is replaced')
    .option('--password', 'ask for its password, or read it from standard input; without this it stays as it is')
    .option('--forget-password', 'it needs none any more')
    .action(async (file: string, flags: { password?: boolean; forgetPassword?: boolean }) => {
      const given = readValues(file, trunkSchema);
      const password = flags.forgetPassword === true ? null : flags.password === true ? await readSecret('Password') : undefined;
      if (password === '') throw new Error('the password is empty');
      await inCompany((company) => repositoryOf(company).put(given, password, origin));
      console.log(`trunk "${given.id}" is stored; servers use it within a second`);
    });

  trunk
    .command('remove <id>')
    .description('remove a trunk; calls that are on it go on')
    .action(async (id: string) => {
      await inCompany((company) => repositoryOf(company).remove(id, origin));
      console.log(`trunk "${id}" is removed`);
    });
}

function repositoryOf({ database, replica, secretBox }: Company): TrunkRepository {
  return new TrunkRepository({ database, replica, sealing: secretBox('trunk'), clock: systemClock, logger: silentLogger });
}
