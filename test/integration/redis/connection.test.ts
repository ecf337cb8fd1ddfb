import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { RedisConnection } from '#shared/redis/connection.ts';
import { defineScript, runScript } from '#shared/redis/script.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { freePort } from '#test/support/free-port.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { Link } from '#test/support/link.ts';
import { leastMs, measured, percentile } from '#test/support/measured.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { ScriptedSentinel } from '#test/support/scripted-sentinel.ts';
import { selfSigned } from '#test/support/self-signed.ts';
import { TempFolder } from '#test/support/temp-folder.ts';

describe('connection to Redis', () => {
  let redis: RedisServer;
  let folder: TempFolder;
  let opened: RedisConnection[] = [];
  let handles: HandleWatch;

  function connect(config: unknown): RedisConnection {
    const connection = new RedisConnection({
      config: redisConfigSchema.parse(config),
      name: 'test',
      clock: systemClock,
      logger: silentLogger,
    });
    opened.push(connection);
    return connection;
  }

  before(async () => {
    redis = await RedisServer.start({ password: 'secret' });
    folder = new TempFolder('redis-connection');
  });
  after(async () => {
    await redis.stop();
    folder.remove();
  });
  beforeEach(() => {
    handles = new HandleWatch();
  });
  afterEach(async () => {
    for (const connection of opened) connection.close();
    opened = [];
    await handles.check();
  });

  const setScript = () => {
    const file = folder.file('set.lua');
    writeFileSync(
      file,
      "-- KEYS[1] place: string\n-- ARGV[1] notAfter: ms\n-- ARGV[2] value: any\nredis.call('SET', KEYS[1], ARGV[2])\nreturn 1\n",
    );
    return defineScript({ file: pathToFileURL(file), keys: ['place'], args: ['value'], changes: true, reply: z.literal(1) });
  };

  it('signs in with the password of the default user, and as an ACL user', async () => {
    assert.equal(await connect(redis.address).open(), true);
    const client = redis.client();
    await client.call('ACL', 'SETUSER', 'ucmesh', 'on', '>mine', '~uc:*', '&uc:*', '+@all', '-@dangerous', '+info');
    client.disconnect();
    const connection = connect({ ...redis.address, username: 'ucmesh', password: 'mine' });
    assert.equal(await connection.open(), true);
    assert.equal(await connection.use((each) => each.get('uc:nothing')), null);
    await assert.rejects(
      connection.use((each) => each.get('other')),
      /NOPERM/,
    );
  });

  it('speaks TLS and trusts only the given authority', async () => {
    const [key, cert, port] = [folder.file('key.pem'), folder.file('cert.pem'), await freePort()];
    selfSigned(key, cert);
    const secure = await RedisServer.start({
      arguments: [
        '--tls-port',
        String(port),
        '--tls-cert-file',
        cert,
        '--tls-key-file',
        key,
        '--tls-ca-cert-file',
        cert,
        '--tls-auth-clients',
        'no',
      ],
    });
    try {
      assert.equal(await connect({ host: '127.0.0.1', port, tls: { ca: cert, serverName: 'localhost' } }).open(), true);
      assert.equal(await connect({ host: '127.0.0.1', port, tls: { serverName: 'localhost' } }).open(500), false);
    } finally {
      for (const connection of opened) connection.close();
      await secure.stop();
    }
  });

  it('fails at once while it is away and after 1 s when there is no answer', async () => {
    const link = await Link.open({ target: redis.address });
    const connection = connect({ ...redis.address, port: link.port });
    await connection.open();
    link.hang();
    const askedMs = performance.now();
    await assert.rejects(
      connection.use((client) => client.get('a')),
      { name: 'RedisUnavailable', failure: 'noAnswer' },
    );
    measured('no answer is waited for any longer', performance.now() - askedMs, 1_000);
    link.cut();
    await eventually(() => connection.state === 'down');
    const quickMs = await leastMs(() =>
      assert.rejects(
        connection.use((client) => client.get('a')),
        { name: 'RedisUnavailable', failure: 'away' },
      ),
    );
    assert.ok(quickMs < 500);
    assert.throws(() => connection.timeMs(), { name: 'RedisUnavailable', failure: 'away' });
    await link.heal();
    await eventually(() => connection.state === 'up', { withinMs: 3_000 });
    await link.close();
  });

  it('gives a changing script no effect when it arrives too late', async () => {
    const link = await Link.open({ target: redis.address });
    const connection = connect({ ...redis.address, port: link.port });
    await connection.open();
    const script = setScript();
    assert.equal(await connection.run(script, { place: 'uc:late' }, { value: 'early' }), 1);
    link.hang('toTarget');
    await assert.rejects(connection.run(script, { place: 'uc:late' }, { value: 'late' }), { failure: 'noAnswer' });
    await link.heal();
    const watcher = redis.client();
    const seen = await watcher.get('uc:late');
    await eventually(() => connection.state === 'up', { withinMs: 4_000 });
    assert.equal(seen, 'early');
    assert.equal(await watcher.get('uc:late'), 'early', 'what was stuck on the way has no effect');
    watcher.disconnect();
    await link.close();
  });

  it('refuses a changing script whose time is over', async () => {
    const connection = connect(redis.address);
    await connection.open();
    const script = setScript();
    const set = (value: string, inMs: number) =>
      runScript(connection.client, script, { place: 'uc:guarded' }, { value }, connection.timeMs() + inMs);
    await set('in time', 1_000);
    await assert.rejects(set('late', -5), /^ReplyError: LATE/);
    assert.equal(await connection.use((client) => client.get('uc:guarded')), 'in time');
  });

  it('runs a script also after Redis has forgotten it', async () => {
    const connection = connect(redis.address);
    await connection.open();
    const script = setScript();
    await connection.run(script, { place: 'uc:a' }, { value: 1 });
    await connection.use((client) => client.script('FLUSH'));
    assert.equal(await connection.run(script, { place: 'uc:a' }, { value: 2 }), 1);
    assert.equal(await connection.use((client) => client.get('uc:a')), '2');
  });

  it('says when another Redis answers than before', async () => {
    const connection = connect(redis.address);
    await connection.open();
    const told: string[] = [];
    connection.onDown(() => told.push('down'));
    connection.onRunIdChanged(() => told.push('run id'));
    connection.onUp(({ runIdChanged }) => told.push(`up ${runIdChanged}`));
    await redis.restart();
    await eventually(() => told.length === 3, { withinMs: 4_000 });
    assert.deepEqual(told, ['down', 'run id', 'up true']);
  });

  it('tries to connect at least every 250 ms', async () => {
    const attemptsMs: number[] = [];
    const server = createServer((socket) => {
      attemptsMs.push(performance.now());
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connection = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    void connection.open(100);
    await eventually(() => attemptsMs.length > 14, { withinMs: 8_000 });
    const pausesMs = attemptsMs.slice(1).map((atMs, index) => atMs - (attemptsMs[index] ?? 0));
    console.log(`      longest pause between two attempts: ${Math.round(Math.max(...pausesMs))} ms (promised 250)`);
    // A pause that something else on the machine makes longer says nothing.
    assert.ok(percentile(pausesMs, 0.5) < 400);
    connection.close();
    server.close();
  });

  it('comes back when a sentinel tells of a fail-over just while the master is looked for', async () => {
    await using sentinel = await ScriptedSentinel.start(redis.address);
    const connection = connect({ ...sentinel.place, password: redis.password });
    await connection.open();
    await eventually(() => sentinel.listeners > 0, { what: 'the connection listens for fail-overs' });
    sentinel.hold();
    await redis.restart();
    await eventually(() => sentinel.held > 0, { what: 'the master is looked for' });
    sentinel.announceFailOver();
    await eventually(() => sentinel.listeners === 0, { what: 'the fail-over was heard of' });
    sentinel.release();
    await eventually(() => connection.state === 'up', { what: 'Redis is up' });
  });

  it('refuses a Redis that evicts keys', async () => {
    const client = redis.client();
    await client.config('SET', 'maxmemory-policy', 'volatile-lru');
    await assert.rejects(connect(redis.address).open(), /maxmemory-policy of Redis is "volatile-lru"/);
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    client.disconnect();
  });

  it('starts without Redis', async () => {
    assert.equal(await connect({ host: '127.0.0.1', port: await freePort() }).open(200), false);
  });
});
