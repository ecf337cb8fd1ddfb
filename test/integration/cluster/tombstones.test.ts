import assert from 'node:assert/strict';
import type { ServerCluster } from '#shared/cluster/cluster.ts';
import { incarnationId } from '#shared/ids.ts';
import { eventually } from '#test/support/eventually.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { createTestCluster } from '#test/support/test-cluster.ts';

describe('tombstones', () => {
  let redis: RedisServer;
  let folder: TempFolder;
  const running = new Set<ServerCluster>();

  beforeEach(async () => {
    redis = await RedisServer.start();
    folder = new TempFolder('tombstones');
  });
  afterEach(async () => {
    for (const cluster of running) await stop(cluster);
    await redis.stop();
    folder.remove();
  });

  async function start(name: string): Promise<ServerCluster> {
    const cluster = createTestCluster(name, { redis: redis.address, folder: folder.file(name) });
    running.add(cluster);
    await cluster.start();
    return cluster;
  }

  async function stop(cluster: ServerCluster): Promise<void> {
    running.delete(cluster);
    await cluster.stop();
  }

  const know = (one: ServerCluster, other: ServerCluster) =>
    eventually(() => one.members.get(other.self.serverId)?.suspected === false, { withinMs: 6_000, what: 'one knows the other' });

  it('stand in an empty Redis again also when who is left came after everything was cleared up', async () => {
    const [one, two] = await Promise.all([start('one'), start('two')]);
    await know(one, two);
    const gone = incarnationId(two.self);
    await stop(two);
    const client = redis.client();
    const stored = () => client.hget(one.keys.tombstones(), gone);
    await eventually(async () => assert.match((await stored()) ?? '', /^\d+ 1 /, 'it is cleared up'));
    const three = await start('three');
    await know(three, one);
    await stop(one);
    await eventually(() => three.members.isBuried(one.self));
    await redis.restart();
    await eventually(() => three.redis.state === 'up' && three.mayWrite, { withinMs: 6_000, what: 'three is whole again' });
    await eventually(async () => assert.notEqual(await stored(), null));
  });
});
