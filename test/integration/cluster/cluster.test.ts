import assert from 'node:assert/strict';
import type { ServerCluster } from '#shared/cluster/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { createTestCluster } from './test-cluster.ts';

describe('cluster of two servers over Redis', () => {
  let redis: RedisServer;
  let running: ServerCluster[] = [];
  let handles: HandleWatch;

  async function start(...names: string[]): Promise<ServerCluster[]> {
    const clusters = names.map((name) => createTestCluster(name, { redis: redis.address }));
    running.push(...clusters);
    await Promise.all(clusters.map((cluster) => cluster.start()));
    return clusters;
  }

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());
  beforeEach(() => {
    handles = new HandleWatch();
  });
  afterEach(async () => {
    await Promise.all(running.map((cluster) => cluster.stop()));
    running = [];
    await redis.flush();
    await handles.check();
  });

  it('lets servers find each other', async () => {
    const [one, two] = (await start('one', 'two')) as [ServerCluster, ServerCluster];
    await eventually(() => one.members.all().length === 2 && two.members.all().length === 2);
    assert.equal(one.mesh.state, 'up');
    assert.ok(one.mayWrite);
    assert.equal(one.members.get(two.self.serverId)?.url, 'http://two.test');
  });
});
