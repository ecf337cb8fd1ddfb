import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withoutSecrets } from '#shared/runtime/config.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import { type Config, configSchema } from '../config.ts';
import { type Check, checkConnections } from './checks.ts';
import { withCompany } from './company.ts';
import { writeConfig } from './config-file.ts';
import { Questions } from './questions.ts';
import { addUser, checkPassword } from './users.ts';

interface InitFlags {
  readonly force?: boolean;
  readonly interactive: boolean;
  readonly [flag: string]: string | boolean | undefined;
}

/** `ucmesh init`. */
export function addInitCommand(program: Command, logger: Logger): void {
  program
    .command('init')
    .description('write the configuration, create the tables, check every connection and make the first administrator')
    .option('--server-id <id>', 'name of this server, unique in the mesh')
    .option('--data-folder <path>', 'folder of this server alone')
    .option('--host <address>', 'address to listen on for clients')
    .option('--port <number>', 'port for clients')
    .option('--public-url <url>', 'where clients reach this server')
    .option('--origins <urls>', 'public URLs of all servers, separated by commas, or one wildcard')
    .option('--tls-cert <file>', 'certificate for the public address (PEM); without one put a TLS proxy in front')
    .option('--tls-key <file>', 'its key (PEM)')
    .option('--mesh-id <id>', 'name of the mesh, the same on all its servers')
    .option('--mesh-password <secret>', 'secret of the mesh; made for the first server when not given')
    .option('--mesh-host <address>', 'address on which the other servers reach this one')
    .option('--mesh-port <number>', 'its port')
    .option('--redis <url>', 'redis://[user:password@]host[:port][/database] or rediss://…')
    .option('--redis-sentinels <list>', 'host:port,host:port,… instead of a host in --redis')
    .option('--redis-sentinel-name <name>', 'name under which the Sentinels watch Redis')
    .option('--sql <url>', 'sqlite:FILE or mssql://user:password@host[:port]/database')
    .option('--files-folder <path>', 'folder for files that all servers share; without one people exchange no files')
    .option('--admin-sign-in <name>', 'sign-in name of the first administrator; none is made when somebody exists')
    .option('--admin-name <name>', 'their name')
    .option('--admin-email <address>', 'their e-mail address')
    .option('--admin-password <secret>', 'their password; better given by the variable UCMESH_SETUP_ADMIN_PASSWORD')
    .option('--force', 'replace an existing configuration')
    .option('--no-interactive', 'never ask, also at a terminal')
    .action((flags: InitFlags, command: Command) => init(String(command.optsWithGlobals().config), flags, logger));
}

async function init(file: string, flags: InitFlags, logger: Logger): Promise<void> {
  if (existsSync(file) && flags.force !== true) throw new Error(`${resolve(file)} exists already; give --force to replace it`);
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => typeof value === 'string')) as Record<
    string,
    string
  >;
  const questions = new Questions(given, flags.interactive && process.stdin.isTTY === true);
  const values = await askConfig(questions, given);
  questions.finish();
  const givenPassword = process.env.UCMESH_SETUP_ADMIN_PASSWORD || given.adminPassword;
  if (givenPassword) checkPassword(givenPassword);
  const config = writeConfig(file, values, flags.force === true);
  console.log(`wrote ${resolve(file)}`);
  logger.debug('configuration', { config: withoutSecrets(configSchema, config) });

  report(await checkConnections(config, logger));
  await withCompany(config, logger, async (company) => {
    console.log('the tables are up to date');
    if (company.directory.size > 0) {
      console.log(`${company.directory.size} people exist, no administrator was made`);
      return;
    }
    const signIn = await questions.ask({
      flag: 'admin-sign-in',
      text: 'Sign-in name of the first administrator',
      fallback: 'admin',
    });
    const name = await questions.ask({ flag: 'admin-name', text: 'Their name', fallback: 'Administrator' });
    const email = await questions.ask({ flag: 'admin-email', text: 'Their e-mail address' });
    const password = givenPassword ?? (await questions.ask({ flag: 'admin-password', text: 'Their password', hidden: true }));
    questions.finish();
    checkPassword(password);
    await addUser(company, signIn, { name, email, administrator: true }, password);
    console.log(`${name} can sign in as ${signIn} and administer`);
  });
  console.log(`\nStart this server:  ucmesh --config ${file} serve`);
  if (!given.meshPassword)
    console.log('For further servers give init the same --mesh-id and the mesh password that stands in the file.');
}

async function askConfig(questions: Questions, given: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const id = await questions.ask({ flag: 'server-id', text: 'Name of this server', fallback: 'server-1' });
  const dataFolder = await questions.ask({
    flag: 'data-folder',
    text: 'Folder for its own files',
    fallback: `/var/lib/ucmesh/${id}`,
  });
  const host = await questions.ask({ flag: 'host', text: 'Address to listen on for clients', fallback: '0.0.0.0' });
  const port = await questions.ask({ flag: 'port', text: 'Port for clients', fallback: '8080' });
  const publicUrl = await questions.ask({ flag: 'public-url', text: 'Public URL of this server, as https://uc1.example.com' });
  const origins = await questions.ask({
    flag: 'origins',
    text: 'Origins of pages beside the servers themselves (commas), or one wildcard; may stay empty',
    fallback: '',
  });
  const meshId = await questions.ask({ flag: 'mesh-id', text: 'Name of the mesh', fallback: 'ucmesh' });
  const meshPassword = given.meshPassword ?? randomBytes(24).toString('base64url');
  const meshHost = await questions.ask({
    flag: 'mesh-host',
    text: 'Address on which the other servers reach this one',
    fallback: '127.0.0.1',
  });
  const meshPort = await questions.ask({ flag: 'mesh-port', text: 'Its port', fallback: '7100' });
  const redis = await questions.ask({ flag: 'redis', text: 'Redis', fallback: 'redis://127.0.0.1:6379' });
  const sql = await questions.ask({
    flag: 'sql',
    text: 'SQL database (sqlite:FILE or mssql://user:password@host/database)',
    fallback: `sqlite:${dataFolder}/ucmesh.db`,
  });
  const filesFolder = await questions.ask({
    flag: 'files-folder',
    text: 'Folder for files that all servers share; may stay empty',
    fallback: '',
  });
  return {
    server: { id, dataFolder },
    http: {
      ...{ host, port: Number(port), url: publicUrl, origins: origins ? origins.split(',').map((origin) => origin.trim()) : [] },
      ...(given.tlsCert && { tls: { cert: given.tlsCert, key: given.tlsKey } }),
    },
    mesh: { id: meshId, password: meshPassword, host: meshHost, port: Number(meshPort) },
    redis: redisSection(redis, given),
    database: databaseSection(sql),
    ...(filesFolder && { files: { folder: resolve(filesFolder) } }),
  };
}

/** @throws Error when the text is not such a URL. */
export function redisSection(
  text: string,
  { redisSentinels, redisSentinelName }: Readonly<Record<string, string | undefined>>,
): Config['redis'] | Record<string, unknown> {
  const url = parseUrl(text, '--redis', ['redis:', 'rediss:']);
  const number = url.pathname.slice(1);
  return {
    ...(redisSentinels
      ? { sentinels: redisSentinels.split(',').map(hostAndPort), sentinelName: redisSentinelName }
      : { host: url.hostname, ...(url.port && { port: Number(url.port) }) }),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(number && { database: Number(number) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

/** @throws Error when the text is neither `sqlite:FILE` nor an `mssql:` URL. */
export function databaseSection(text: string): Record<string, unknown> {
  if (text.startsWith('sqlite:')) return { engine: 'sqlite', file: resolve(text.slice('sqlite:'.length)) };
  const url = parseUrl(text, '--sql', ['mssql:']);
  return {
    ...{ engine: 'mssql', host: url.hostname, database: decodeURIComponent(url.pathname.slice(1)) },
    ...{ user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) },
    ...(url.port && { port: Number(url.port) }),
    ...(url.searchParams.has('encrypt') && { encrypt: url.searchParams.get('encrypt') }),
    ...(url.searchParams.has('trustServerCertificate') && {
      trustServerCertificate: url.searchParams.get('trustServerCertificate') === 'true',
    }),
  };
}

function parseUrl(text: string, flag: string, protocols: readonly string[]): URL {
  const url = URL.parse(text);
  if (!url || !protocols.includes(url.protocol))
    throw new Error(`${flag}: "${text.replace(/:[^:@/]*@/, ':***@')}" must begin with ${protocols.join(' or ')}//`);
  return url;
}

function hostAndPort(text: string): { host: string; port?: number } {
  const [host = '', port] = text.trim().split(':');
  return { host, ...(port && { port: Number(port) }) };
}

/** Prints what each check found. @throws Error when one failed. */
export function report(checks: readonly Check[]): void {
  for (const { name, problem } of checks)
    console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${name}${problem ? `: ${problem}` : ''}`);
  const failed = checks.filter(({ problem }) => problem !== undefined);
  if (failed.length > 0)
    throw new Error(
      `${failed.length} of ${checks.length} checks failed; the configuration was written, mend it and run check-config`,
    );
}
