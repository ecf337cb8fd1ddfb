import assert from 'node:assert/strict';
import type { Bus } from '#shared/mesh/bus.ts';
import { MemoryBus, MemoryHub } from '#shared/mesh/memory-bus.ts';
import { RedisBus } from '#shared/mesh/redis-bus.ts';
import { redisConfigSchema } from '#shared/redis/config.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { Link } from '#test/support/link.ts';
import { RedisServer } from '#test/support/redis-server.ts';

/** What the suite needs of an implementation: buses that reach each other, and a way to break one of them. */
interface BusFixture {
  bus(): Promise<{ readonly bus: Bus; readonly cut: () => void; readonly mend: () => Promise<void> }>;
  close(): Promise<void>;
}

async function memoryBuses(): Promise<BusFixture> {
  const hub = new MemoryHub();
  return {
    async bus() {
      const bus = new MemoryBus(hub);
      return { bus, cut: () => bus.cut(), mend: async () => bus.mend() };
    },
    close: async () => undefined,
  };
}

async function redisBuses(): Promise<BusFixture> {
  const redis = await RedisServer.start();
  const links: Link[] = [];
  return {
    async bus() {
      const link = await Link.open({ target: redis.address });
      links.push(link);
      const config = redisConfigSchema.parse({ host: link.host, port: link.port });
      return {
        bus: new RedisBus({ config, name: 'test', logger: silentLogger }),
        cut: () => link.cut(),
        mend: () => link.heal(),
      };
    },
    async close() {
      for (const link of links) await link.close();
      await redis.stop();
    },
  };
}

for (const [name, create] of [['memory', memoryBuses] as const, ['redis', redisBuses] as const]) {
  describe(`bus: ${name}`, () => {
    let fixture: BusFixture;
    let one: Awaited<ReturnType<BusFixture['bus']>>;
    let two: Awaited<ReturnType<BusFixture['bus']>>;
    const up = (...buses: Bus[]) =>
      eventually(() => buses.every(({ state }) => state === 'up'), { withinMs: 4_000, what: 'the bus is up' });

    before(async () => {
      fixture = await create();
    });
    after(() => fixture.close());
    beforeEach(async () => {
      [one, two] = [await fixture.bus(), await fixture.bus()];
    });
    afterEach(() => {
      one.bus.close();
      two.bus.close();
    });

    it('is down until it is opened', async () => {
      assert.equal(one.bus.state, 'down');
      await assert.rejects(one.bus.publish('inbox', Buffer.from('a')));
      one.bus.open();
      await up(one.bus);
    });

    it('delivers bytes unchanged and in order to all who listen, and says to how many', async () => {
      const heard: string[] = [];
      one.bus.subscribe('inbox', (bytes) => heard.push(`one ${bytes.toString('hex')}`));
      two.bus.subscribe('inbox', (bytes) => heard.push(`two ${bytes.toString('hex')}`));
      one.bus.open();
      two.bus.open();
      await up(one.bus, two.bus);
      for (const byte of [0x00, 0xff, 0x0a]) assert.equal(await one.bus.publish('inbox', Buffer.from([byte])), 2);
      await eventually(() => heard.length === 6);
      assert.deepEqual(
        heard.filter((each) => each.startsWith('two')),
        ['two 00', 'two ff', 'two 0a'],
      );
      assert.equal(await two.bus.publish('elsewhere', Buffer.from('a')), 0);
    });

    it('stops delivering to who has left, and takes up a new subscription while it is up', async () => {
      one.bus.open();
      two.bus.open();
      await up(one.bus, two.bus);
      const heard: string[] = [];
      const leave = two.bus.subscribe('first', (bytes) => heard.push(bytes.toString()));
      two.bus.subscribe('second', (bytes) => heard.push(bytes.toString()));
      await up(two.bus);
      await eventually(async () => (await one.bus.publish('first', Buffer.from('a'))) === 1);
      await eventually(() => heard.includes('a'));
      leave();
      await eventually(async () => (await one.bus.publish('first', Buffer.from('b'))) === 0);
      await one.bus.publish('second', Buffer.from('c'));
      await eventually(() => heard.includes('c'));
      assert.ok(!heard.includes('b'));
    });

    it('comes back after a cut with all its subscriptions', async () => {
      const states: string[] = [];
      const heard: string[] = [];
      two.bus.subscribe('inbox', (bytes) => heard.push(bytes.toString()));
      one.bus.open();
      two.bus.open();
      await up(one.bus, two.bus);
      two.bus.onState((state) => states.push(state));
      two.cut();
      await eventually(() => two.bus.state === 'down');
      await assert.rejects(two.bus.publish('inbox', Buffer.from('a')));
      await two.mend();
      await up(two.bus);
      await eventually(async () => (await one.bus.publish('inbox', Buffer.from('b'))) === 1);
      await eventually(() => heard.includes('b'));
      assert.deepEqual([states[0], states.at(-1)], ['down', 'up']);
    });

    it('builds its connection anew', async () => {
      const heard: string[] = [];
      one.bus.subscribe('inbox', (bytes) => heard.push(bytes.toString()));
      one.bus.open();
      await up(one.bus);
      one.bus.rebuild();
      assert.equal(one.bus.state, 'down');
      await up(one.bus);
      await one.bus.publish('inbox', Buffer.from('a'));
      await eventually(() => heard.includes('a'));
    });
  });
}
