import { Command, CommanderError } from 'commander';
import { UCError } from '#shared/protocol/errors.ts';
import { ConfigError } from '#shared/runtime/config.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { serve } from '../main.ts';
import { checkConnections } from './checks.ts';
import { withCompany } from './company.ts';
import { readConfig } from './config-file.ts';
import { addDialPlanCommands } from './dial-plan.ts';
import { addInitCommand, report } from './init.ts';
import { addLicenceCommands } from './licence.ts';
import { addPersonCommands } from './person.ts';
import { addPhoneBookCommands } from './phone-book.ts';
import { addSipCommands } from './sip.ts';
import { addTrunkCommands } from './trunk.ts';
import { addUserCommands, type InCompany } from './users.ts';

/** The command-line tool. Exit codes: 0 done, 1 failed, 2 wrong configuration or wrong use. */
const logger = createLogger({ level: 'warn', format: 'text' });
const program = new Command('ucmesh')
  .description('Unified communications over several servers: set up, run and administer.')
  .option('-c, --config <file>', 'configuration file', process.env.UCMESH_CONFIG ?? '/etc/ucmesh/ucmesh.yaml')
  .exitOverride();

const configFile = (): string => program.opts<{ config: string }>().config;
const inCompany: InCompany = (act) => withCompany(readConfig(configFile()), logger, act);

addInitCommand(program, logger);

program
  .command('check-config')
  .description('check the configuration; with --connect also try every connection')
  .option('--connect', 'try Redis, the SQL database, the addresses and files')
  .action(async ({ connect = false }: { connect?: boolean }) => {
    const config = readConfig(configFile());
    console.log(`${configFile()} is valid`);
    if (connect) report(await checkConnections(config));
  });

program
  .command('migrate')
  .description('bring the tables of the database up to date; servers also do this when they start')
  .action(async () => {
    await inCompany(async ({ directory }) => console.log(`the tables are up to date; ${directory.size} people`));
  });

program
  .command('serve')
  .description('run this UCServer until SIGTERM or Ctrl-C')
  .action(() => serve(configFile()));

addUserCommands(program, inCompany);
addPersonCommands(program, inCompany);
addSipCommands(program, () => readConfig(configFile()));
addPhoneBookCommands(program, inCompany);
addDialPlanCommands(program, inCompany);
addTrunkCommands(program, inCompany);
addLicenceCommands(program, async (act) => {
  const config = readConfig(configFile());
  await withCompany(config, logger, ({ database }) => act(database, config));
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError)) console.error(`ucmesh: ${messageOf(error)}`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof ConfigError ? 2 : 1;
}

function messageOf(error: unknown): string {
  if (error instanceof UCError)
    return `${error.field ? `${error.field.replace(/^params\./, '')}: ` : ''}${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}
