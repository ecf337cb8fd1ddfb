import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import * as z from 'zod';
import type { ServerCluster } from '#shared/cluster/cluster.ts';
import { type Incarnation, incarnationId } from '#shared/ids.ts';
import { defineRequest } from '#shared/mesh/contract.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { expectNoKeys, HandleWatch } from '#test/support/leaks.ts';
import { Link } from '#test/support/link.ts';
import { measured } from '#test/support/measured.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { createTestCluster, type TestClusterOptions } from '#test/support/test-cluster.ts';

const greet = defineRequest('test.greet', z.object({ name: z.string() }), z.string(), { meaning: 'Says hello.' });

describe('cluster over Redis', () => {
  let redis: RedisServer;
  let running: ServerCluster[] = [];
  let folder: TempFolder;
  let handles: HandleWatch;

  async function start(name: string, options: Partial<TestClusterOptions> = {}): Promise<ServerCluster> {
    const cluster = createTestCluster(name, { redis: redis.address, folder: folder.file(name), ...options });
    cluster.mesh.handle(greet, ({ name: guest }) => `hello ${guest}, I am ${name}`);
    running.push(cluster);
    await cluster.start();
    return cluster;
  }

  async function startTwo(): Promise<[ServerCluster, ServerCluster]> {
    const two = await Promise.all([start('one'), start('two')]);
    await knowEachOther(...two);
    return two;
  }

  /** All living servers know all others as healthy. */
  async function knowEachOther(...clusters: ServerCluster[]): Promise<void> {
    await eventually(
      () =>
        clusters.every(
          ({ mesh, redis: { state }, members, mayWrite }) =>
            mayWrite &&
            mesh.state === 'up' &&
            state === 'up' &&
            members.all().filter(({ suspected }) => !suspected).length === clusters.length,
        ),
      { withinMs: 6_000, what: 'the servers know each other' },
    );
  }

  function lossesOf(...clusters: ServerCluster[]): Incarnation[] {
    const losses: Incarnation[] = [];
    for (const { members } of clusters) members.onLost((lost) => losses.push(lost));
    return losses;
  }

  /** A client of the tests, for one look or change. */
  async function inRedis<T>(act: (client: Redis) => Promise<T>): Promise<T> {
    const client = redis.client();
    try {
      return await act(client);
    } finally {
      client.disconnect();
    }
  }

  const stop = async (cluster: ServerCluster) => {
    running = running.filter((each) => each !== cluster);
    await cluster.stop();
  };

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());
  beforeEach(() => {
    handles = new HandleWatch();
    folder = new TempFolder('cluster');
  });
  afterEach(async () => {
    await Promise.all(running.map((cluster) => cluster.stop()));
    running = [];
    await inRedis((client) => expectNoKeys(client, [/\{cluster\}:lives$/, /\{cluster\}:tombstones$/]));
    await redis.flush();
    folder.remove();
    await handles.check();
  });

  it('lets five servers that start at once find each other', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    await knowEachOther(...(await Promise.all(names.map((name) => start(name)))));
  });

  it('notices at once that a server stops', async () => {
    const [one, two] = await startTwo();
    const losses = lossesOf(one);
    const gone = two.self;
    await stop(two);
    await eventually(() => losses.length === 1, { withinMs: 500 });
    assert.deepEqual(losses, [gone]);
    assert.ok(one.members.isBuried(gone));
  });

  it('asks over the mesh address while the bus is down, and over the bus again afterwards', async () => {
    const link = await Link.open({ target: redis.address });
    const [one, two] = await Promise.all([start('one'), start('two', { redis: { host: link.host, port: link.port } })]);
    await knowEachOther(one, two);
    const losses = lossesOf(one, two);
    link.cut();
    await eventually(() => two.mesh.state === 'down', { withinMs: 3_000 });
    assert.equal(await two.mesh.request(one.self.serverId, greet, { name: 'two' }), 'hello two, I am one');
    await eventually(() => one.members.get(two.self.serverId)?.suspected === true, { withinMs: 4_000, what: 'one suspects two' });
    assert.equal(await one.mesh.request(two.self.serverId, greet, { name: 'one' }), 'hello one, I am two');
    assert.equal(two.members.get(one.self.serverId)?.suspected, true, 'who is cut off shows the others as stale');
    await never(() => losses.length > 0, 2_000, 'somebody is called lost although it answers');
    await link.heal();
    await knowEachOther(one, two);
    assert.equal(await one.mesh.request(two.self.serverId, greet, { name: 'one' }), 'hello one, I am two');
    assert.deepEqual(losses, []);
    await stop(two);
    await link.close();
  });

  it('loses nobody while Redis hangs, goes on asking, and is whole again within 2 s', async () => {
    const [one, two] = await startTwo();
    const losses = lossesOf(one, two);
    let backs = 0;
    for (const cluster of [one, two]) cluster.onRedisBack(() => backs++);
    redis.pause();
    try {
      await eventually(() => one.mesh.state === 'down' && two.mesh.state === 'down', { withinMs: 5_000 });
      assert.equal(await two.mesh.request(one.self.serverId, greet, { name: 'two' }), 'hello two, I am one');
      await eventually(() => one.redis.state === 'down' && two.redis.state === 'down', { withinMs: 5_000 });
      assert.ok(one.mayServe && two.mayServe);
      await eventually(() => one.mayWrite && two.mayWrite, { what: 'each has heard from the other that it is not buried' });
    } finally {
      redis.resume();
    }
    const before = performance.now();
    await knowEachOther(one, two);
    measured('whole again after Redis answered', performance.now() - before, 2_000);
    await eventually(() => backs === 2);
    assert.deepEqual(losses, []);
  });

  it('remembers lives and tombstones when Redis comes back empty', async () => {
    const [one, two] = await startTwo();
    const three = await start('three');
    await knowEachOther(one, two, three);
    const gone = three.self;
    await stop(three);
    await eventually(() => one.members.isBuried(gone));
    const losses = lossesOf(one, two);
    let runIdChanges = 0;
    one.redis.onRunIdChanged(() => runIdChanges++);
    await redis.restart();
    await eventually(() => runIdChanges === 1, { withinMs: 4_000 });
    await knowEachOther(one, two);
    assert.deepEqual(losses, []);
    await inRedis(async (client) => {
      await eventually(async () => (await client.hexists(one.keys.tombstones(), incarnationId(gone))) === 1);
      assert.equal(Number(await client.hget(one.keys.lives(), 'three')), gone.life);
    });
  });

  it('brings back what it remembers when Redis is emptied while it runs', async () => {
    const [one, two] = await startTwo();
    const three = await start('three');
    await knowEachOther(one, two, three);
    const gone = three.self;
    await stop(three);
    await eventually(() => one.members.isBuried(gone) && two.members.isBuried(gone));
    const losses = lossesOf(one, two);
    const returns = [one, two].map(({ redis: connection }) => {
      const heard: boolean[] = [];
      connection.onUp(({ runIdChanged }) => heard.push(runIdChanged));
      return heard;
    });
    await redis.flush();
    await inRedis(async (client) => {
      await eventually(async () => (await client.hexists(one.keys.tombstones(), incarnationId(gone))) === 1, { withinMs: 2_000 });
      await eventually(async () => (await client.hlen(one.keys.members())) === 2);
    });
    await eventually(() => assert.deepEqual(returns, [[true], [true]], 'each server noticed it once'));
    await knowEachOther(one, two);
    assert.deepEqual(losses, []);
  });

  it('never gives a life twice, whatever was lost', async () => {
    const [one] = await startTwo();
    const far = Date.now() + 10_000_000;
    await inRedis((client) => client.hset(one.keys.lives(), 'three', far));
    const three = await start('three');
    assert.equal(three.self.life, far + 1);
    await knowEachOther(...running);
    await stop(three);
    await redis.restart();
    // While its connection to Redis is away it may write too: that says nothing of what stands there again.
    await eventually(() => one.mayWrite && one.redis.state === 'up', { withinMs: 5_000 });
    const again = await start('three', { folder: folder.file('lost') });
    assert.equal(again.self.life, far + 2, 'the others remember when Redis and its own folder do not');
  });

  it('takes a new life when it was buried', async () => {
    const [one, two] = await startTwo();
    const before = two.self;
    const reborn: [Incarnation, Incarnation][] = [];
    two.onRebirth((now, old) => reborn.push([now, old]));
    one.members.bury(before, 'silent');
    await eventually(() => reborn.length === 1, { withinMs: 3_000 });
    assert.deepEqual(reborn, [[two.self, before]]);
    assert.ok(two.self.life > before.life);
    await knowEachOther(one, two);
    assert.deepEqual(two.mesh.self, two.self);
    assert.equal(await one.mesh.request(two.self.serverId, greet, { name: 'one' }), 'hello one, I am two');
    assert.equal(await two.mesh.request(one.self.serverId, greet, { name: 'two' }), 'hello two, I am one');
  });

  it('believes no tombstone and no member that the mesh has not signed', async () => {
    const [one, two] = await startTwo();
    const losses = lossesOf(one, two);
    const before = two.self;
    const id = incarnationId(before);
    await inRedis(async (client) => {
      await client.hset(one.keys.tombstones(), id, `9999999999999 forged.{"incarnation":"${id}"}`);
      const stolen = await client.hget(one.keys.members(), incarnationId(one.self));
      await client.hset(one.keys.members(), 'ghost:1', String(stolen));
      await client.publish(one.keys.beats(), 'forged.{"serverId":"ghost","life":1}');
      await eventually(async () => (await client.hexists(one.keys.tombstones(), id)) === 0);
      await client.hdel(one.keys.members(), 'ghost:1');
    });
    assert.deepEqual(two.self, before);
    assert.deepEqual(losses, []);
    assert.equal(one.members.all().length, 2);
  });

  it('keeps two meshes on one Redis apart', async () => {
    const [one, two] = await startTwo();
    const other = await start('three', { meshId: 'other' });
    const stranger = await start('four', { password: 'another password of a mesh' });
    await never(
      () => one.members.all().length !== 2 || other.members.all().length !== 1 || stranger.members.all().length !== 1,
      1_200,
    );
    assert.equal(two.members.all().length, 2);
  });

  it('ends the process that is one too many for a server id', async () => {
    let replaced = 0;
    const [first, second] = [
      await start('one', { onReplaced: () => replaced++ }),
      await start('one', { folder: folder.file('copy') }),
    ];
    await eventually(() => replaced === 1, { withinMs: 3_000 });
    assert.equal(first.mayServe, false);
    assert.equal(second.mayServe, true);
  });

  it('starts without Redis and joins when it is there', async () => {
    await redis.kill();
    const one = await start('one');
    assert.equal(one.mesh.state, 'down');
    assert.ok(one.mayServe);
    await redis.restart();
    const two = await start('two');
    await knowEachOther(one, two);
  });

  it('refuses a Redis that evicts keys', async () => {
    await inRedis((client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru'));
    try {
      const cluster = createTestCluster('one', { redis: redis.address, folder: folder.path });
      await assert.rejects(cluster.start(), /noeviction/);
    } finally {
      await inRedis((client) => client.config('SET', 'maxmemory-policy', 'noeviction'));
    }
  });

  it('clears up after a dead server once, step by step', async () => {
    const [one, two] = await startTwo();
    const steps: string[] = [];
    for (const cluster of [one, two]) {
      for (const step of ['first', 'second'])
        cluster.addLostStep(step, async () => void steps.push(`${cluster.self.serverId} ${step}`));
    }
    const three = await start('three');
    await knowEachOther(one, two, three);
    await stop(three);
    await eventually(() => steps.length >= 2);
    await never(() => steps.length > 2, 300);
    assert.match(steps.join(), /^(one|two) first,\1 second$/);
  });
});
