import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import type { ServerCluster } from '#shared/cluster/cluster.ts';
import { incarnationId, type UserId } from '#shared/ids.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { silentLogger } from '#shared/runtime/logger.ts';
import { eventually } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { Link } from '#test/support/link.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { createTestCluster } from '#test/support/test-cluster.ts';
import { LocationStore, ServerLocations } from '#ucserver/sip/index.ts';
import type { Binding } from '#ucserver/sip/registrar-state.ts';

const ann = 'ann' as UserId;

function binding(contact: string, more: Partial<Binding> = {}): Binding {
  const told = { contact, flow: undefined, path: [], protocol: 'udp', source: { host: '192.0.2.1', port: 5060 } };
  return { ...told, since: 1, userAgent: 'test', callId: 'call', seq: 1, expiresMs: 0, ...more };
}

/** A server as far as locations go: real cluster, real Redis behind a link. */
class Node {
  readonly link: Link;
  readonly cluster: ServerCluster;
  readonly locations: ServerLocations;
  /** What others made of devices of this server: `desk sip:a`. */
  readonly moved: string[] = [];

  static async start(name: string, redis: RedisServer, folder: TempFolder): Promise<Node> {
    const node = new Node(name, await Link.open({ target: redis.address }), folder);
    await node.cluster.start();
    return node;
  }

  private constructor(name: string, link: Link, folder: TempFolder) {
    this.link = link;
    const dataFolder = folder.file(name);
    this.cluster = createTestCluster(name, { redis: { host: link.host, port: link.port }, folder: dataFolder });
    const { redis, signer, keys } = this.cluster;
    const store = new LocationStore({ redis, signer, keys });
    const base = { clock: systemClock, logger: silentLogger, dataFolder };
    this.locations = new ServerLocations({ cluster: this.cluster, store, ...base, digestEveryMs: 300 });
    this.locations.onMoved((deviceId, bindings) => {
      this.moved.push(...bindings.map(({ contact }) => `${deviceId} ${contact}`));
      this.locations.hold(deviceId, ann, []);
    });
    this.locations.start();
  }

  reached(): string[] {
    return this.locations
      .locationsOf(ann)
      .flatMap(({ host, bindings, isOrphaned }) =>
        bindings.map(({ contact }) => `${contact} over ${host.serverId}${isOrphaned ? ' (dead)' : ''}`),
      )
      .sort();
  }

  /** Ends as with `kill -9`: nobody is told. */
  async crash(): Promise<void> {
    await this.link.refuse();
    await eventually(() => this.cluster.redis.state === 'down' && this.cluster.mesh.state === 'down', { withinMs: 10_000 });
    await this.stop();
  }

  async stop(): Promise<void> {
    await this.locations.stop();
    await this.cluster.stop();
    await this.link.close();
  }
}

describe('locations of all servers', function () {
  this.timeout(40_000);
  let redis: RedisServer;
  let client: Redis;
  let folder: TempFolder;
  let handles: HandleWatch;
  let nodes: Node[] = [];

  async function start<Names extends readonly string[]>(...names: Names): Promise<{ [I in keyof Names]: Node }> {
    const started = await Promise.all(names.map((name) => Node.start(name, redis, folder)));
    nodes.push(...started);
    await together();
    return started as { [I in keyof Names]: Node };
  }

  const together = () =>
    eventually(
      () =>
        nodes.every(
          ({
            cluster: {
              mesh,
              members,
              mayWrite,
              redis: { state },
            },
          }) =>
            state === 'up' &&
            mayWrite &&
            mesh.state === 'up' &&
            members.all().filter(({ suspected }) => !suspected).length === nodes.length,
        ),
      { withinMs: 15_000, what: 'the servers know each other' },
    );

  const agree = (reached: readonly string[], withinMs = 8_000) =>
    eventually(
      () => {
        for (const node of nodes) assert.deepEqual(node.reached(), reached, node.cluster.self.serverId);
      },
      { withinMs, what: `all know ${reached.join(', ') || 'nothing'}` },
    );

  async function leave(node: Node, how: 'stop' | 'crash'): Promise<void> {
    nodes = nodes.filter((each) => each !== node);
    await node[how]();
  }

  const stored = async ({ cluster }: Node) =>
    Object.keys(await client.hgetall(cluster.keys.locations(incarnationId(cluster.self)))).sort();

  before(async () => {
    redis = await RedisServer.start();
    client = redis.client();
    await client.ping();
  });
  after(() => redis.stop());
  beforeEach(() => {
    handles = new HandleWatch();
    folder = new TempFolder('locations');
  });
  afterEach(async () => {
    if (!redis.running) await redis.restart();
    await Promise.all(nodes.map((node) => node.stop()));
    nodes = [];
    await eventually(() => client.flushall(), { withinMs: 5_000, what: 'Redis answers' });
    folder.remove();
    await handles.check(5_000);
  });

  it('are the same everywhere: when a device comes, moves and goes, and for a server that joins later', async () => {
    const [one, two] = await start('one', 'two');
    one.locations.hold('desk', ann, [binding('sip:desk')]);
    await agree(['sip:desk over one']);
    two.locations.hold('desk', ann, [binding('sip:desk@new')]);
    await agree(['sip:desk@new over two']);
    await eventually(() => assert.deepEqual(one.moved, ['desk sip:desk']));
    await start('three');
    await agree(['sip:desk@new over two']);
    two.locations.hold('desk', ann, []);
    await agree([]);
  });

  it('keep two flows of one device on two servers', async () => {
    const [one, two] = await start('one', 'two');
    const flow = (regId: number) => ({ flow: { instance: 'urn:x', regId } });
    one.locations.hold('desk', ann, [binding('sip:a', flow(1))]);
    two.locations.hold('desk', ann, [binding('sip:b', flow(2))]);
    await agree(['sip:a over one', 'sip:b over two']);
    assert.deepEqual([one.moved, two.moved], [[], []]);
  });

  it('of a dead server vanish, but for what can be tried once by UDP', async () => {
    const [one, two] = await start('one', 'two');
    one.locations.hold('desk', ann, [binding('sip:desk')]);
    one.locations.hold('browser', ann, [binding('sip:browser', { protocol: 'wss' })]);
    await agree(['sip:browser over one', 'sip:desk over one']);
    await leave(one, 'crash');
    await agree(['sip:desk over one (dead)'], 15_000);
    two.locations.hold('desk', ann, [binding('sip:desk')]);
    await agree(['sip:desk over two']);
  });

  it('become the same again after a server was cut off from the others', async () => {
    const [one, two] = await start('one', 'two');
    one.locations.hold('desk', ann, [binding('sip:desk')]);
    one.locations.hold('hall', ann, [binding('sip:hall')]);
    await agree(['sip:desk over one', 'sip:hall over one']);
    await two.link.refuse();
    await eventually(() => two.cluster.mesh.state === 'down', { withinMs: 10_000 });
    one.locations.hold('hall', ann, []);
    one.locations.hold('kitchen', ann, [binding('sip:kitchen')]);
    two.locations.hold('lab', ann, [binding('sip:lab')]);
    assert.deepEqual(
      two.reached(),
      ['sip:desk over one', 'sip:hall over one', 'sip:lab over two'],
      'it goes on by what it knows',
    );
    await two.link.heal();
    await together();
    await agree(['sip:desk over one', 'sip:kitchen over one', 'sip:lab over two'], 15_000);
  });

  it('stand in Redis, also after it has lost them, and are there for the next life once', async () => {
    const [one] = await start('one');
    one.locations.hold('desk', ann, [binding('sip:desk')]);
    one.locations.hold('hall', ann, [binding('sip:hall')]);
    await eventually(async () => assert.deepEqual(await stored(one), ['desk', 'hall']), { withinMs: 5_000 });
    one.locations.hold('hall', ann, []);
    await eventually(async () => assert.deepEqual(await stored(one), ['desk']), { withinMs: 5_000 });
    await redis.restart();
    await eventually(async () => assert.deepEqual(await stored(one), ['desk']), { withinMs: 15_000 });
    const key = one.cluster.keys.locations(incarnationId(one.cluster.self));
    assert.ok((await client.pttl(key)) > 0, 'nothing stays for ever');
    await leave(one, 'stop');
    const [next] = await start('one');
    const left = await next.locations.left();
    assert.deepEqual(
      left.map(({ deviceId, userId, bindings }) => [deviceId, userId, bindings.map(({ contact }) => contact)]),
      [['desk', ann, ['sip:desk']]],
    );
    assert.deepEqual(await next.locations.left(), []);
  });

  it('in Redis that nobody of this mesh has signed are not believed', async () => {
    const [one] = await start('one');
    one.locations.hold('desk', ann, [binding('sip:desk')]);
    await eventually(async () => assert.deepEqual(await stored(one), ['desk']), { withinMs: 5_000 });
    const key = one.cluster.keys.locations(incarnationId(one.cluster.self));
    await leave(one, 'stop');
    const record = (await client.hget(key, 'desk')) ?? '';
    await client.hset(key, 'desk', record.replace('sip:desk', 'sip:evil'));
    await client.hset(key, 'hall', record);
    const [next] = await start('one');
    assert.deepEqual(await next.locations.left(), []);
  });
});
