import assert from 'node:assert/strict';
import { eventually } from '#test/support/eventually.ts';
import { expectNoKeys, HandleWatch } from '#test/support/leaks.ts';
import { RedisSentinels } from '#test/support/redis-sentinel.ts';
import { RedisServer } from '#test/support/redis-server.ts';

describe('RedisServer', () => {
  it('is empty after a restart unless it keeps an append-only file', async () => {
    const handles = new HandleWatch();
    for (const appendOnly of [false, true]) {
      await using server = await RedisServer.start({ appendOnly, password: 'secret' });
      const redis = server.client();
      await redis.set('uc:kept', '1');
      await server.restart();
      assert.equal(await eventually(() => redis.exists('uc:kept')), appendOnly ? 1 : 0);
      if (appendOnly) await assert.rejects(expectNoKeys(redis, [], 10), /1 keys: uc:kept/);
      await server.flush();
      await expectNoKeys(redis);
    }
    await handles.check();
  });

  it('can be stopped and woken up', async () => {
    await using server = await RedisServer.start();
    const redis = server.client({ commandTimeout: 100 });
    await redis.ping();
    server.pause();
    await assert.rejects(redis.ping(), /timed out/);
    server.resume();
    await eventually(() => redis.ping());
  });

  it('says why it does not start', async () => {
    await assert.rejects(RedisServer.start({ arguments: ['--no-such-setting', 'x'] }), /ended at once[\s\S]*no-such-setting/);
  });
});

describe('RedisSentinels', () => {
  it('fail over to a replica and lose the last writes', async function () {
    this.timeout(60_000);
    const handles = new HandleWatch();
    await using sentinels = await RedisSentinels.start();
    const before = await sentinels.master();
    const redis = before.client();
    await redis.set('uc:early', '1');
    await redis.wait(2, 2000);
    const after = await sentinels.failOver((old) => old.set('uc:last', '1'));
    assert.notEqual(after.port, before.port);
    assert.deepEqual(await after.client().mget('uc:early', 'uc:last'), ['1', null]);
    await after.client().set('uc:new', '1');
    await sentinels.stop();
    await handles.check();
  });
});
