import assert from 'node:assert/strict';
import type { ServerCluster } from '#shared/cluster/cluster.ts';
import { type Incarnation, incarnationId } from '#shared/ids.ts';
import { eventually } from '#test/support/eventually.ts';
import { RedisSentinels } from '#test/support/redis-sentinel.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { createTestCluster } from '#test/support/test-cluster.ts';

describe('fail-over of Redis by three sentinels', function () {
  this.timeout(60_000);
  let sentinels: RedisSentinels;
  let folder: TempFolder;
  let clusters: ServerCluster[];

  const config = () => ({ sentinels: sentinels.sentinels, sentinelName: sentinels.name, password: sentinels.password });

  before(async () => {
    sentinels = await RedisSentinels.start();
    folder = new TempFolder('sentinel-cluster');
    clusters = ['one', 'two', 'three'].map((name) => createTestCluster(name, { redis: config(), folder: folder.file(name) }));
    await Promise.all(clusters.map((cluster) => cluster.start()));
  });

  after(async () => {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    await sentinels.stop();
    folder.remove();
  });

  const knowEachOther = (count: number) =>
    eventually(
      () =>
        clusters.every(
          ({ members, mesh, redis, mayWrite }) =>
            mayWrite &&
            mesh.state === 'up' &&
            redis.state === 'up' &&
            members.all().filter(({ suspected }) => !suspected).length === count,
        ),
      { withinMs: 20_000, what: 'the servers know each other' },
    );

  it('loses nobody, and what the new master never heard of stands there again', async () => {
    await knowEachOther(3);
    const [one, two, three] = clusters as [ServerCluster, ServerCluster, ServerCluster];
    const losses: Incarnation[] = [];
    const gone = three.self;
    let runIds = 0;
    one.redis.onRunIdChanged(() => runIds++);
    const master = await sentinels.failOver(async () => {
      // The last thing the old master hears of is a death.
      clusters = [one, two];
      await three.stop();
      await eventually(() => clusters.every(({ members }) => members.isBuried(gone)));
      for (const { members } of clusters) members.onLost((lost) => losses.push(lost));
    });
    const sinceMs = performance.now();
    await knowEachOther(2);
    console.log(`      whole again ${Math.round(performance.now() - sinceMs)} ms after the fail-over`);
    assert.ok(runIds >= 1, 'the new master is known for another one');
    const client = master.client();
    await eventually(async () => (await client.hexists(one.keys.tombstones(), incarnationId(gone))) === 1, {
      what: 'the tombstone is there',
    });
    assert.equal(Number(await client.hget(one.keys.lives(), 'three')), gone.life);
    assert.deepEqual(losses, []);
    assert.ok(!one.members.isLive(gone));
  });
});
