import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { type Child, startChild, untilReady } from './dev-cluster/children.ts';
import { type Options, type Plan, planCluster, type Secrets, type ServerPlan } from './dev-cluster/plan.ts';
import { assertPortsFree } from './dev-cluster/ports.ts';
import { startRedis } from './dev-cluster/redis.ts';
import { type DemoSignIn, seedCompany } from './dev-cluster/seed.ts';
import { buildWebClient } from './dev-cluster/web-client.ts';

/** `npm start`: a private Redis, some UCServers and the demo company, all on loopback, until Ctrl-C. */
const root = fileURLToPath(new URL('..', import.meta.url));
const options = parseOptions();
const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`);
const children: Child[] = [];
const stopped = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());

try {
  await run();
} catch (error) {
  if (!stopped.signal.aborted) {
    process.exitCode = 1;
    console.error(`npm start: ${error instanceof Error ? error.message : String(error)}`);
  }
} finally {
  await stopAll();
}

async function run(): Promise<void> {
  const beganMs = performance.now();
  const folder = resolve(options.data);
  if (options.reset) reset(folder);
  mkdirSync(folder, { recursive: true });
  const secrets = readSecrets(folder);
  const plan = planCluster(options, secrets);
  await assertPortsFree(plan);

  await buildWebClient(root, say);
  if (!existsSync(plan.database)) say('creating the demo company (24 people in 4 departments)');
  writeConfigs(plan);
  const [redis, users] = await Promise.all([startRedis(plan.redis), seedCompany(plan, secrets.meshPassword)]);
  children.push(redis);
  stopped.signal.throwIfAborted();
  say(`Redis listens on 127.0.0.1:${plan.redis.port}`);

  const servers = await Promise.all(plan.servers.map(startServer));
  stopped.signal.throwIfAborted();
  if (options.json) {
    const running = plan.servers.map(({ id, url }, index) => ({ id, url, pid: servers[index]?.pid }));
    const redisUrl = `redis://:${plan.redis.password}@127.0.0.1:${plan.redis.port}`;
    process.stdout.write(`${JSON.stringify({ servers: running, redis: redisUrl, database: plan.database, users })}\n`);
  } else {
    printWelcome(plan, users, servers, redis, (performance.now() - beganMs) / 1000);
  }
  for (const child of [redis, ...servers]) void reportEnd(child, plan);
  await new Promise<void>((end) => {
    if (stopped.signal.aborted) end();
    stopped.signal.addEventListener('abort', () => end());
    // Keeps the launcher alive: a listener for signals does not.
    const alive = setInterval(() => undefined, 1 << 30);
    stopped.signal.addEventListener('abort', () => clearInterval(alive));
  });
}

async function startServer(server: ServerPlan): Promise<Child> {
  const child = await startChild({
    name: server.id,
    command: process.execPath,
    args: serveArguments(server),
    logFile: server.logFile,
    // The second start finds its modules compiled.
    environment: { NODE_COMPILE_CACHE: join(resolve(options.data), 'compile-cache') },
  });
  children.push(child);
  await untilReady(child, () => answers(`${server.url}/readyz`), 30_000, server.logFile);
  say(`${server.id} is ready at ${server.url}`);
  return child;
}

function serveArguments({ configFile }: ServerPlan): string[] {
  return [join(root, 'ucserver/cli/ucmesh.ts'), '--config', configFile, 'serve'];
}

/** Servers first, so that they can say goodbye through Redis. */
async function stopAll(): Promise<void> {
  const redis = children.filter(({ name }) => name === 'redis');
  const servers = children.filter(({ name }) => name !== 'redis');
  if (servers.some((child) => child.running())) say('stopping');
  await Promise.all(servers.map((child) => child.stop(12_000)));
  await Promise.all(redis.map((child) => child.stop(5_000)));
}

async function reportEnd(child: Child, plan: Plan): Promise<void> {
  const how = await child.exited;
  if (stopped.signal.aborted) return;
  const server = plan.servers.find(({ id }) => id === child.name);
  const again = server
    ? `bin/ucmesh --config ${relative(process.cwd(), server.configFile)} serve`
    : `redis-server ${redisConfigFile(plan)}`;
  say(`\n${child.name} ended (${how}). Start it again with:\n  ${again}`);
}

function redisConfigFile({ redis }: Plan): string {
  return relative(process.cwd(), join(redis.folder, 'redis.conf'));
}

function writeConfigs(plan: Plan): void {
  for (const { folder, configFile, config } of plan.servers) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(configFile, stringify(config), { mode: 0o600 });
  }
}

/** Deletes what an earlier start made. @throws Error for a folder that was made by something else. */
function reset(folder: string): void {
  const isForeign = existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, 'secrets.json'));
  if (isForeign) throw new Error(`${folder} was not made by npm start, so --reset does not delete it`);
  rmSync(folder, { recursive: true, force: true });
}

/** Made once for each data folder, so that servers find their own snapshots again. */
function readSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  const made = { meshPassword: randomBytes(24).toString('base64url'), redisPassword: randomBytes(24).toString('base64url') };
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}

async function answers(url: string): Promise<boolean> {
  try {
    const { ok } = await fetch(url, { signal: AbortSignal.any([AbortSignal.timeout(1_000), stopped.signal]) });
    return ok;
  } catch {
    // Not listening yet; the caller asks again, and gives up when the process has ended.
    return false;
  }
}

function printWelcome(plan: Plan, users: readonly DemoSignIn[], servers: readonly Child[], redis: Child, seconds: number): void {
  const width = Math.max(...users.map(({ name }) => name.length));
  say(`\nReady after ${seconds.toFixed(1)} s. Open two of these in two browsers and sign in as two people:`);
  for (const [index, { id, url }] of plan.servers.entries()) say(`  ${id}  ${url}  (pid ${servers[index]?.pid})`);
  say(`\nEverybody's password is ${users[0]?.password}; samuel is the administrator.`);
  for (const { name, signIn, homeServer } of users) say(`  ${name.padEnd(width)}  ${signIn.padEnd(8)}  at home on ${homeServer}`);
  say('\nTry what happens when something dies:');
  say(`  kill -9 ${servers[0]?.pid}     a server: its people go on elsewhere within 5 s`);
  say(`  kill -STOP ${redis.pid}  Redis hangs; kill -CONT ${redis.pid} brings it back`);
  say(`\nLogs are in ${relative(process.cwd(), plan.folder) || '.'}/*/. Ctrl-C stops everything.`);
}

function parseOptions(): Options {
  const number = (least: number, most: number) => (text: string) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}`);
    return value;
  };
  const command = new Command('npm start --')
    .description('Starts a private Redis, UCServers and a demo company on loopback, until Ctrl-C.')
    .option('--servers <n>', 'how many UCServers', number(1, 16), 2)
    .option('--port <p>', 'port of the first server; the next ones are used too', number(1024, 65_000), 8080)
    .option('--data <folder>', 'where everything is kept', '.data')
    .option('--reset', 'begin anew: deletes that folder', false)
    .option('--json', 'end the start with one JSON object on standard output; everything else goes to standard error', false);
  return command.parse().opts<Options>();
}
