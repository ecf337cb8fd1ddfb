import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { userIdSchema } from '#shared/ids.ts';
import { spawnBound } from '#test/support/child-process.ts';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePorts } from '#test/support/free-port.ts';
import { Person } from '#test/support/person.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

const program = resolve(import.meta.dirname, '../../ucserver/cli/ucmesh.ts');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Given {
  /** What stands on its standard input. */
  readonly typed?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the tool as an administrator would, away from any terminal. */
async function ucmesh(args: readonly string[], { typed = '', environment = {} }: Given = {}): Promise<Ended> {
  const child = spawnBound(process.execPath, [program, ...args], { stdio: 'pipe', env: { ...process.env, ...environment } });
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin?.end(typed);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

describe('the command line', function () {
  this.timeout(120_000);

  describe('sets up a server', () => {
    let redis: RedisServer;
    let folder: TempFolder;
    let flags: string[];
    let config: string;
    const setup = { environment: { UCMESH_SETUP_ADMIN_PASSWORD: 'a long enough secret' } };

    before(async () => {
      redis = await RedisServer.start({ password: 'redis-secret' });
      folder = new TempFolder('command-line');
      config = folder.file('etc', 'ucmesh.yaml');
      const [port, meshPort] = await freePorts(2);
      flags = [
        ...['--config', config, 'init', '--no-interactive', '--server-id', 'uc1', '--data-folder', folder.file('data')],
        ...[
          '--host',
          '127.0.0.1',
          '--port',
          String(port),
          '--public-url',
          'http://uc1.example.com',
          '--mesh-port',
          String(meshPort),
        ],
        ...['--redis', `redis://:redis-secret@127.0.0.1:${redis.port}`, '--sql', `sqlite:${folder.file('data', 'company.db')}`],
        ...['--admin-email', 'root@example.com', '--admin-sign-in', 'root'],
      ];
    });
    after(async () => {
      await redis.stop();
      folder.remove();
    });

    it('asks for nothing when there is no terminal, but lists every flag that is missing', async () => {
      const { code, err } = await ucmesh(['--config', config, 'init']);
      assert.equal(code, 1);
      assert.match(err, /not at a terminal, so these must be given: --public-url/);
    });

    it('writes a configuration that only its owner can read, makes the tables and the first administrator', async () => {
      const { code, out, err } = await ucmesh(flags, setup);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /ok +Redis/);
      assert.match(out, /ok +SQL database/);
      assert.match(out, /can sign in as root and administer/);
      assert.equal(statSync(config).mode & 0o777, 0o600);
      const { code: listed, out: people } = await ucmesh(['--config', config, 'user', 'list', '--json']);
      assert.equal(listed, 0);
      const [root] = JSON.parse(people) as Record<string, unknown>[];
      assert.deepEqual([root?.signIn, root?.administrator, root?.locked], ['root', true, false]);
    });

    it('replaces nothing unless it is told to, and then makes no second administrator', async () => {
      const before = readFileSync(config, 'utf8');
      const refused = await ucmesh(flags, setup);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /exists already; give --force/);
      assert.equal(readFileSync(config, 'utf8'), before);
      const { code, out } = await ucmesh([...flags, '--force'], setup);
      assert.equal(code, 0);
      assert.match(out, /1 people exist, no administrator was made/);
    });

    it('checks a configuration: what stands in it, and with --connect everything it names', async () => {
      const valid = await ucmesh(['--config', config, 'check-config']);
      assert.deepEqual([valid.code, valid.err], [0, '']);
      const wrong = folder.file('wrong.yaml');
      writeFileSync(wrong, `${readFileSync(config, 'utf8').replace(/port: \d+/, 'port: many')}\nsurplus: 1\n`);
      const refused = await ucmesh(['--config', wrong, 'check-config']);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /http\.port/);
      assert.match(refused.err, /surplus/);
      assert.equal((await ucmesh(['--config', config, 'check-config', '--connect'])).code, 0);
      await redis.kill();
      const away = await ucmesh(['--config', config, 'check-config', '--connect']);
      await redis.restart();
      assert.equal(away.code, 1);
      assert.match(away.out, /FAILED Redis/);
      assert.match(away.out, /ok +SQL database/);
      assert.doesNotMatch(away.out + away.err, /redis-secret/);
    });
  });

  describe('administers people while servers run', () => {
    let cluster: Cluster;
    let user: (...args: readonly string[]) => (typed?: string) => Promise<Ended>;
    let ada: Person;

    before(async () => {
      cluster = await Cluster.start({ people: { bob: { home: 'server-2' } } });
      const config = cluster.folder.file('server-1', 'ucmesh.yaml');
      user =
        (...args) =>
        (typed = '') =>
          ucmesh(['--config', config, 'user', ...args], { typed });
    });
    after(async () => {
      await ada?.[Symbol.asyncDispose]();
      await cluster?.[Symbol.asyncDispose]();
    });

    const signedIn = (password: string) => ada.signIn(password).then(() => ada.untilOpen(10_000));

    it('adds a person, who can sign in at once, on any server', async () => {
      const add = user('add', 'ada', '--name', 'Ada', '--email', 'ada@example.com', '--home-server', 'server-2', '--json');
      const short = await add('short\n');
      assert.equal(short.code, 1);
      assert.match(short.err, /password: must have at least 10 characters/);
      const { code, out } = await add('the first secret\n');
      assert.equal(code, 0);
      const [{ id }] = JSON.parse(out) as [{ id: string }];
      const again = await add('the first secret\n');
      assert.equal(again.code, 1);
      assert.match(again.err, /signIn/);
      const account = { name: 'ada', userId: userIdSchema.parse(id), password: 'the first secret' };
      ada = new Person(account, { servers: cluster.urls });
      await eventually(() => signedIn('the first secret'), { withinMs: 5_000, what: 'ada is known to the servers' });
      const { out: list } = await user('list')();
      for (const name of ['ada', 'bob']) assert.match(list, new RegExp(name));
    });

    it('sets a password, which signs the person out everywhere', async () => {
      assert.equal((await user('set-password', 'nobody')('a secret for nobody\n')).code, 1);
      const { code } = await user('set-password', 'ada')('the second secret\n');
      assert.equal(code, 0);
      await eventually(() => assert.match(JSON.stringify(ada.client.state), /signedOut/), { withinMs: 5_000 });
      await assert.rejects(ada.signIn('the first secret'), { code: 'SIGN_IN_FAILED' });
      await signedIn('the second secret');
    });

    it('locks a person out and lets them in again', async () => {
      assert.equal((await user('lock', 'ada')()).code, 0);
      await eventually(() => assert.match(JSON.stringify(ada.client.state), /locked/), { withinMs: 5_000 });
      await assert.rejects(ada.signIn('the second secret'), { code: 'SIGN_IN_FAILED' });
      assert.equal((await user('lock', 'ada', '--undo')()).code, 0);
      await eventually(() => signedIn('the second secret'), { withinMs: 5_000, everyMs: 250 });
    });

    it('says with exit code 2 that it was used wrongly', async () => {
      assert.equal((await user('lock')()).code, 2);
      assert.equal((await user('dance')()).code, 2);
      assert.equal((await ucmesh(['--config', cluster.folder.file('nowhere.yaml'), 'user', 'list'])).code, 2);
    });
  });
});
