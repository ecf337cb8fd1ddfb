import assert from 'node:assert/strict';
import { MeshKeys } from '#shared/mesh/mesh-keys.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { RedisConnection } from '#shared/redis/connection.ts';
import { createKeys } from '#shared/redis/keys.ts';
import { RecordSigner } from '#shared/redis/records.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { type OutboxItem, type PendingStore, RedisPendingStore } from '#ucserver/outbox/index.ts';
import { MemoryRedis, MemoryStore } from '../unit/outbox/memory-store.ts';

interface Opened extends AsyncDisposable {
  readonly store: PendingStore;
}

const keys = createKeys('test');

async function overRedis(): Promise<Opened & { server: RedisServer }> {
  const server = await RedisServer.start();
  const config = redisConfigSchema.parse({ host: server.host, port: server.port });
  const redis = new RedisConnection({ config, name: 'test', clock: systemClock, logger: silentLogger });
  await redis.open();
  const signer = new RecordSigner(new MeshKeys('test', 'a password of the mesh'));
  return {
    server,
    store: new RedisPendingStore({ redis, signer, keys, logger: silentLogger }),
    async [Symbol.asyncDispose]() {
      redis.close();
      await server.stop();
    },
  };
}

async function inMemory(): Promise<Opened> {
  return { store: new MemoryStore(new MemoryRedis(), systemClock), async [Symbol.asyncDispose]() {} };
}

const item = (key: string, id: string, place: number, body = 'x'): OutboxItem => ({ kind: 'chat', key, id, place, body });

for (const [name, open] of [
  ['Redis', overRedis],
  ['memory', inMemory],
] as const) {
  describe(`store of pending items in ${name}`, () => {
    let opened: Opened;
    let store: PendingStore;
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
    });
    afterEach(() => opened[Symbol.asyncDispose]());

    it('keeps the first of a name, and says which', async () => {
      const first = item('a', 'e1', 7, '{"text":"ä\\n\\u2028"}');
      assert.deepEqual(await store.add(first), first);
      assert.deepEqual(await store.add(item('a', 'e1', 9, 'other')), first);
      assert.deepEqual(await store.first(10), [first]);
    });

    it('answers in the order of lines, places and ids, also of many', async () => {
      const items = [item('b', 'z', 1), item('a', 'y', 10), item('a', 'x', 10), item('a', 'w', 9), item('ab', 'v', 1)];
      await Promise.all(items.map((each) => store.add(each)));
      assert.deepEqual(
        (await store.first(10)).map(({ id }) => id),
        ['w', 'x', 'y', 'v', 'z'],
      );
      assert.deepEqual(
        (await store.ofLine('chat/a', 10)).map(({ id }) => id),
        ['w', 'x', 'y'],
      );
      assert.equal((await store.first(2)).length, 2);
      assert.deepEqual(
        (await store.after(item('a', 'x', 10), 2)).map(({ id }) => id),
        ['y', 'v'],
      );
      assert.deepEqual(await store.after(item('b', 'gone', 2), 10), []);
      await Promise.all(Array.from({ length: 450 }, (_, index) => store.add(item('many', `e${index}`, index + 1))));
      assert.equal((await store.ofLine('chat/many', 1_000)).length, 450);
    });

    it('tells what was added since, without what is known or gone', async () => {
      await store.add(item('a', 'e1', 1));
      const { upTo } = await store.addedSince(0, () => false);
      await store.add(item('b', 'e1', 1));
      await store.add(item('a', 'e1', 1));
      const { items } = await store.addedSince(upTo, () => false);
      assert.deepEqual(items, [item('b', 'e1', 1)]);
      assert.deepEqual((await store.addedSince(0, (name) => name === 'chat/b/e1')).items, [item('a', 'e1', 1)]);
      await store.remove([item('a', 'e1', 1), item('b', 'e1', 99), item('b', 'not there', 1)]);
      assert.deepEqual((await store.addedSince(0, () => false)).items, []);
      assert.deepEqual(await store.first(10), []);
    });

    it('gives the lease to one at a time', async () => {
      assert.deepEqual(
        [await store.lease('one', 60), await store.lease('one', 60), await store.lease('two', 60)],
        [true, true, false],
      );
      await eventually(() => store.lease('two', 5_000));
      assert.equal(await store.lease('two', 1), true);
      await eventually(() => store.lease('one', 60));
    });

    it('remembers who has added what is in its spool', async () => {
      await store.spoolAdded('s1', 's1:3 run');
      assert.deepEqual(await store.spoolsAdded(), { s1: 's1:3 run' });
    });
  });
}

describe('store of pending items in Redis', () => {
  it('takes nothing that this mesh has not signed', async () => {
    await using opened = await overRedis();
    const { store, server } = opened;
    await store.add(item('a', 'e1', 1));
    const client = server.client();
    const [name = ''] = await client.hkeys(keys.pendingItems());
    const record = (await client.hget(keys.pendingItems(), name)) ?? '';
    await client.hset(keys.pendingItems(), name, record.replace('"body":"x"', '"body":"y"'));
    const mine = item('a', 'e1', 1);
    assert.deepEqual(await store.add(mine), mine, 'the forged one gives way');
    await client.hset(keys.pendingItems(), name, record.replace('"body":"x"', '"body":"y"'));
    assert.deepEqual(await store.first(10), []);
    assert.equal(await client.hlen(keys.pendingItems()), 0);
  });
});
