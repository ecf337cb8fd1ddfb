import assert from 'node:assert/strict';
import type { ServerId, UserId } from '#shared/ids.ts';
import { relayRequest, sessionClosed, sessionDetached, sessionPushes } from '#shared/mesh/contracts/session.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { HandleWatch } from '#test/support/leaks.ts';
import { measured } from '#test/support/measured.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { fragment } from '#ucserver/gateway/index.ts';
import { knowEachOther, Node, type NodeOptions, TestClient } from '../ownership/fixture.ts';

const homeOnOne = () => 'one' as ServerId;

describe('sign-in across servers', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let folder: TempFolder;
  let handles: HandleWatch;
  let nodes: Node[] = [];

  async function start(names: readonly string[], options: NodeOptions = {}): Promise<Node[]> {
    const started = await Promise.all(names.map((name) => Node.start(name, redis, folder, options)));
    nodes.push(...started);
    await knowEachOther(...nodes);
    return started;
  }

  async function startTwo(options: NodeOptions = {}): Promise<[Node, Node]> {
    return (await start(['one', 'two'], options)) as [Node, Node];
  }

  async function crash(node: Node): Promise<void> {
    nodes = nodes.filter((each) => each !== node);
    await node.crash();
  }

  const sessionsOf = (node: Node, userId: string) => [...node.sessions.ofUser(userId as UserId)];
  const openDevices = (node: Node, userId: string) =>
    sessionsOf(node, userId).filter(({ id }) => !node.sessions.isLost(id)).length;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());
  beforeEach(() => {
    handles = new HandleWatch();
    folder = new TempFolder('sign-in');
  });
  afterEach(async () => {
    if (!redis.running) await redis.restart();
    await Promise.all(nodes.map((node) => node.stop()));
    nodes = [];
    await redis.flush();
    folder.remove();
    await handles.check();
  });

  it('serves a user on the home server, and all their devices with it', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne });
    const laptop = new TestClient('ann', 'laptop');
    assert.equal((await laptop.ask(two)).status, 'redirect');
    assert.equal(await laptop.signIn(two, nodes), one);
    const phone = new TestClient('ann', 'phone');
    assert.equal(await phone.signIn(two, nodes), one);
    assert.equal(sessionsOf(one, 'ann').length, 2);
    assert.ok(phone.result?.status === 'welcome' && !phone.result.attached);
    assert.deepEqual(phone.result?.status === 'welcome' && phone.result.servers.map(({ id }) => id).sort(), ['one', 'two']);
  });

  it('opens no session for a device that is signed out while it signs in', async () => {
    const [one] = await startTwo({ homeOf: homeOnOne });
    const laptop = new TestClient('ann', 'laptop');
    await assert.rejects(laptop.ask(one, { token: 'ann/laptop/revoked' }), { code: 'TOKEN_INVALID' });
    assert.equal(sessionsOf(one, 'ann').length, 0);
    await one.ownership.release('ann' as UserId);
  });

  it('serves users without a home where there is room, and says busy when there is none', async () => {
    const [one, two] = await startTwo({ signIn: { capacity: 3 } });
    const clients = Array.from({ length: 6 }, (_, at) => new TestClient(`user-${at}`));
    for (const client of clients) await client.signIn(one, nodes);
    assert.deepEqual([one.sessions.userCount, two.sessions.userCount], [3, 3]);
    const { result } = clients[0] as TestClient;
    const owner = result?.status === 'welcome' ? nodes.find(({ id }) => id === result.serverId) : undefined;
    assert.ok(owner);
    await eventually(async () => (await new TestClient('late').ask(one)).status === 'busy');
    const further = new TestClient('user-0', 'another');
    assert.equal(await further.signIn(two, nodes), owner, 'an owner always takes further sessions of its users');
  });

  it('refuses a token of another device, and tickets of strangers change nothing', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne });
    const client = new TestClient('ann');
    const wrong = { token: 'ann/other', device: { id: 'x' as never, kind: 'browser' as const, name: 'x' } };
    const params = { ...wrong, capabilities: [], activity: 'active' as const, unreachable: [] };
    await assert.rejects(one.signIn.open(params, client, 'test'), { code: 'BAD_REQUEST', field: 'params.device.id' });
    assert.equal((await client.ask(two, { ticket: 'forged.ticket' })).status, 'redirect');
  });

  it('keeps a lost session until the same device is back', async () => {
    const [one] = await startTwo({ homeOf: homeOnOne });
    const gone: string[] = [];
    one.sessions.onClosed(({ userId }, last) => last && gone.push(userId));
    const client = new TestClient('ann');
    await client.signIn(one, nodes);
    client.lose();
    assert.equal(sessionsOf(one, 'ann').length, 1);
    await client.signIn(one, nodes);
    assert.equal(sessionsOf(one, 'ann').length, 1);
    assert.deepEqual(gone, []);
  });

  it('gives a user up some time after the last session', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne, lostForMs: 100, signIn: { releaseAfterMs: 100 } });
    const client = new TestClient('ann');
    await client.signIn(one, nodes);
    await eventually(() => two.ownerOf('ann' as UserId) === 'one');
    client.lose();
    await eventually(() => two.ownerOf('ann' as UserId) === undefined, { withinMs: 5_000 });
    assert.equal(one.ownership.owns('ann' as UserId), false);
  });

  describe('when the client cannot reach the owner', () => {
    it('takes the user over by asking the owner, whose own clients follow', async () => {
      const [one, two] = await startTwo({ homeOf: homeOnOne });
      const laptop = new TestClient('ann', 'laptop');
      await laptop.signIn(one, nodes);
      await eventually(() => two.ownerOf('ann' as UserId) === 'one');
      const phone = new TestClient('ann', 'phone');
      phone.unreachable.add('one');
      const closed: string[] = [];
      two.sessions.onClosed(({ userId }, last) => last && closed.push(userId));
      assert.equal(await phone.signIn(one, nodes), two);
      assert.ok(phone.result?.status === 'welcome' && !phone.result.attached);
      await eventually(() => laptop.closedBy === 'redirected', { what: 'the laptop is sent to the new owner' });
      assert.equal(laptop.events.at(-1)?.serverId, 'two');
      assert.equal(sessionsOf(two, 'ann').length, 2, 'the laptop is expected');
      await laptop.signIn(two, nodes);
      assert.equal(openDevices(two, 'ann'), 2);
      assert.deepEqual(closed, []);
    });

    it('takes no session along whose device was signed out as far as the new owner knows', async () => {
      const [one, two] = await startTwo({ homeOf: homeOnOne });
      const laptop = new TestClient('ann', 'laptop');
      await laptop.signIn(one, nodes);
      await eventually(() => two.ownerOf('ann' as UserId) === 'one');
      two.signedOut.add('ann/laptop');
      const phone = new TestClient('ann', 'phone');
      phone.unreachable.add('one');
      assert.equal(await phone.signIn(one, nodes), two);
      assert.deepEqual(
        sessionsOf(two, 'ann').map(({ device }) => device.id),
        ['phone'],
      );
    });

    it('serves the session attached when the owner was asked a short time ago', async () => {
      const [one, two] = await startTwo({ homeOf: homeOnOne });
      const laptop = new TestClient('ann', 'laptop');
      const phone = new TestClient('ann', 'phone');
      await laptop.signIn(one, nodes);
      await eventually(() => two.ownerOf('ann' as UserId) === 'one');
      phone.unreachable.add('one');
      await phone.signIn(two, nodes);
      laptop.unreachable.add('two');
      await eventually(() => one.ownerOf('ann' as UserId) === 'two');
      assert.equal(await laptop.signIn(one, nodes), one);
      assert.ok(laptop.result?.status === 'welcome' && laptop.result.attached);
      const attached = sessionsOf(two, 'ann').find(({ via }) => via?.serverId === 'one');
      assert.ok(attached);

      const answer = await laptop.request('session.activity', { activity: 'idle' });
      assert.deepEqual('result' in answer && answer.result, {});
      assert.equal(attached.activity, 'idle', 'requests reach the owner');
      const wrong = await laptop.request('session.activity', { activity: 'asleep' });
      assert.equal('error' in wrong && wrong.error.field, 'params.activity');

      laptop.events.length = 0;
      attached.push(fragment('system.reach', { mesh: 'up', database: 'down' }), 'reach');
      attached.push(fragment('system.reach', { mesh: 'up', database: 'up' }), 'reach');
      await eventually(() => laptop.events.length > 0);
      assert.deepEqual(laptop.events, [{ event: 'system.reach', mesh: 'up', database: 'up' }], 'events come back, joined');

      laptop.lose();
      await eventually(() => openDevices(two, 'ann') === 1, { what: 'the owner knows the connection is lost' });
      assert.equal(sessionsOf(two, 'ann').length, 2, 'but waits for it');
    });
  });

  describe('attached sessions', () => {
    async function attach(options: NodeOptions = {}): Promise<{ one: Node; two: Node; client: TestClient }> {
      const [one, two] = await startTwo({ homeOf: homeOnOne, ownership: { askEveryMs: 60_000 }, ...options });
      const first = new TestClient('ann', 'first');
      await first.signIn(two, nodes);
      await eventually(() => two.ownerOf('ann' as UserId) === 'one');
      // The owner is at its last hop for this client.
      const client = new TestClient('ann', 'second');
      client.unreachable.add('one');
      await two.ownership.ask('ann' as UserId);
      await eventually(() => one.ownerOf('ann' as UserId) === 'two');
      await one.ownership.take('ann' as UserId, two.cluster.self);
      await eventually(() => two.ownerOf('ann' as UserId) === 'one');
      assert.equal(await client.signIn(two, nodes), two);
      assert.ok(client.result?.status === 'welcome' && client.result.attached);
      return { one, two, client };
    }

    it('are refused by an owner who knows that the device was signed out', async () => {
      const { one, two } = await attach();
      one.signedOut.add('ann/third');
      const client = new TestClient('ann', 'third');
      await assert.rejects(client.ask(two, { unreachable: [one.id] }), { code: 'TOKEN_INVALID' });
      assert.deepEqual(
        sessionsOf(one, 'ann').filter(({ device }) => device.id === 'third'),
        [],
      );
    });

    it('answer to the server of their connection, and listen to their owner, only', async () => {
      const { one, two, client } = await attach();
      const [three] = (await start(['three'])) as [Node];
      const session = sessionsOf(one, 'ann').find(({ via }) => via?.serverId === 'two');
      assert.ok(session);
      const sessionId = session.id;
      const { mesh } = three.cluster;
      const asked = { sessionId, request: { id: 1, method: 'session.activity', params: { activity: 'locked' } } };
      mesh.send(one.id, sessionDetached, { sessionId });
      await assert.rejects(mesh.request(one.id, relayRequest, asked), { code: 'NOT_OWNER' });
      mesh.send(two.id, sessionPushes, { pushes: [{ sessionId, after: 0, events: [['{"event":"forged"}', null]] }] });
      mesh.send(two.id, sessionClosed, { sessionId, reason: 'signedOut' });
      // What was sent before it has been heard when a request is answered.
      await assert.rejects(mesh.request(two.id, relayRequest, asked), { code: 'NOT_OWNER' });
      assert.ok(!client.events.some(({ event }) => event === 'forged'));
      assert.deepEqual([client.closedBy, session.activity], [undefined, 'active']);
      assert.equal(one.sessions.isLost(sessionId), false);
      const answer = await client.request('session.activity', { activity: 'idle' });
      assert.deepEqual('result' in answer && answer.result, {});
    });

    it('are ended when they are sent more at once than may wait, and the client starts anew', async () => {
      const { one, two, client } = await attach();
      const session = sessionsOf(one, 'ann').find(({ via }) => via?.serverId === 'two');
      assert.ok(session);
      const flood = fragment('system.reach', { mesh: 'up', database: 'up', filler: 'x'.repeat(40_000) } as never);
      for (let count = 0; count < 200; count++) session.push(flood, 'the same state');
      await eventually(() => client.events.length === 1, { what: 'a state that replaces itself never overflows' });
      for (let count = 0; count < 200; count++) session.push(flood);
      await eventually(() => client.closedBy === 'tooSlow');
      assert.ok(one.sessions.isLost(session.id), 'the session waits for its device');
      assert.equal(await client.signIn(two, nodes), two);
    });

    it('are opened anew, here, when the owner dies', async () => {
      const { one, two, client } = await attach();
      await crash(one);
      await eventually(() => client.closedBy === 'redirected', { withinMs: 6_000 });
      assert.equal(client.events.at(-1)?.serverId, 'two');
      assert.equal(await client.signIn(two, nodes), two);
      assert.ok(client.result?.status === 'welcome' && !client.result.attached);
      assert.ok(two.ownership.owns('ann' as UserId));
    });

    it('are lost, and waited for, when the server of their connection dies', async () => {
      const { one, two } = await attach();
      const attached = sessionsOf(one, 'ann').find(({ via }) => via?.serverId === 'two');
      assert.ok(attached);
      await crash(two);
      await eventually(() => one.sessions.isLost(attached.id), { withinMs: 6_000 });
    });

    it('follow a user who is taken by the server of their connection', async () => {
      const { two, client } = await attach();
      await two.ownership.take('ann' as UserId, nodes.find(({ id }) => id === 'one')?.cluster.self);
      await eventually(() => client.closedBy === 'redirected');
      assert.equal(client.events.at(-1)?.serverId, 'two');
      await client.signIn(two, nodes);
      assert.ok(client.result?.status === 'welcome' && !client.result.attached);
    });

    it('are opened anew after events were lost on the way, and kept when none were', async () => {
      const { one, client } = await attach();
      const session = sessionsOf(one, 'ann').find(({ via }) => via?.serverId === 'two');
      assert.ok(session);
      session.push(fragment('system.reach', { mesh: 'up', database: 'up' }));
      await eventually(() => client.events.length === 1);
      const fallen = new Set<string>();
      for (const { id, cluster } of nodes) cluster.mesh.onState((state) => state === 'down' && fallen.add(id));
      await redis.restart();
      await eventually(() => fallen.size === nodes.length, { withinMs: 5_000, what: 'the bus was down' });
      await knowEachOther(...nodes);
      await never(() => client.closedBy !== undefined, 500, 'a session without loss is ended');
      await redis.kill();
      await eventually(() => nodes.every(({ cluster }) => cluster.mesh.state === 'down'), { withinMs: 6_000 });
      session.push(fragment('system.reach', { mesh: 'down', database: 'up' }));
      const meanwhile = await client.request('session.activity', { activity: 'active' });
      assert.deepEqual('result' in meanwhile && meanwhile.result, {}, 'requests go directly while the bus is down');
      await redis.restart();
      await eventually(() => client.closedBy === 'redirected', { withinMs: 8_000, what: 'the client opens its session anew' });
    });
  });

  it('lets people sign in where they are while Redis is away, and settles it afterwards', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne });
    const ann = new TestClient('ann');
    await ann.signIn(one, nodes);
    await eventually(() => two.ownerOf('ann' as UserId) === 'one');
    await redis.kill();
    await eventually(() => nodes.every(({ cluster }) => cluster.mesh.state === 'down'), { withinMs: 6_000 });
    assert.equal(await new TestClient('ann', 'phone').signIn(two, nodes), one, 'the owner answers the probe');
    const bob = new TestClient('bob');
    assert.equal(await bob.signIn(two, nodes), two);
    const elsewhere = new TestClient('bob', 'phone');
    assert.equal(await elsewhere.signIn(one, nodes), one, 'nobody can know');
    await redis.restart();
    await knowEachOther(...nodes);
    await eventually(() => one.ownerOf('bob' as UserId) === two.ownerOf('bob' as UserId), { withinMs: 3_000 });
    const loser = one.ownership.owns('bob' as UserId) ? bob : elsewhere;
    await eventually(() => loser.closedBy === 'redirected');
    const winner = nodes.find(({ ownership }) => ownership.owns('bob' as UserId));
    assert.equal(await loser.signIn(one, nodes), winner);
    assert.equal(winner && openDevices(winner, 'bob'), 2);
  });

  it('signs people in while Redis hangs, before anybody has noticed that', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne });
    redis.pause();
    try {
      const client = new TestClient('ann');
      const beganMs = performance.now();
      assert.equal(await client.signIn(two, nodes), one);
      const tookMs = performance.now() - beganMs;
      measured('signed in', tookMs, 4_000);
      assert.ok(one.ownership.owns('ann' as UserId));
    } finally {
      redis.resume();
    }
    await knowEachOther(...nodes);
    await eventually(() => two.ownerOf('ann' as UserId) === 'one', { withinMs: 3_000 });
  });

  it('sends people to an owner that is cut off from Redis, as long as it answers', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne });
    const laptop = new TestClient('ann', 'laptop');
    await laptop.signIn(one, nodes);
    await eventually(() => two.ownerOf('ann' as UserId) === 'one');
    one.link.cut();
    await eventually(() => two.cluster.members.get(one.id)?.suspected === true, { withinMs: 5_000 });
    assert.equal(await new TestClient('ann', 'phone').signIn(two, nodes), one);
    const bob = new TestClient('bob');
    assert.equal(await bob.signIn(two, nodes), two, 'nobody new is sent to it');
    await one.link.heal();
    await knowEachOther(one, two);
    assert.equal(openDevices(one, 'ann'), 2);
    assert.equal(laptop.closedBy, undefined);
    assert.equal(bob.closedBy, undefined);
  });

  it('drains: everybody goes to another server with everything, nobody is seen offline', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne, signIn: { drainWithinMs: 1_000 } });
    const clients = Array.from({ length: 200 }, (_, at) => new TestClient(`user-${at}`));
    await Promise.all(clients.map((client) => client.signIn(one, nodes)));
    const closed: string[] = [];
    two.sessions.onClosed(({ userId }, last) => last && closed.push(userId));
    const followed = clients.map(async (client) => {
      await eventually(() => client.closedBy === 'redirected', { withinMs: 8_000 });
      const told = client.events.find(({ event }) => event === 'session.redirect');
      assert.equal(told?.reason, 'draining');
      assert.ok(two.sessions.has(client.userId), 'expected there before the client comes');
      assert.equal((await client.ask(two, { ticket: String(told?.ticket) })).status, 'welcome');
    });
    const beganMs = performance.now();
    await one.signIn.drain(9_000);
    console.log(`      drained 200 users in ${Math.round(performance.now() - beganMs)} ms (promise: 10,000)`);
    await Promise.all(followed);
    assert.equal(one.sessions.size, 0);
    assert.equal(two.sessions.userCount, 200);
    assert.deepEqual(closed, []);
    assert.deepEqual([...one.ownership.owned()], []);
    const late = new TestClient('late');
    assert.notEqual((await late.ask(one)).status, 'welcome', 'a draining server takes nobody');
    assert.equal(await late.signIn(one, nodes), two);
  });

  it('drains alone: clients are told to look for a server', async () => {
    const [one] = (await start(['one'])) as [Node];
    const client = new TestClient('ann');
    await client.signIn(one, nodes);
    await one.signIn.drain(5_000);
    assert.equal(client.closedBy, 'goingAway');
    assert.deepEqual([...one.ownership.owned()], []);
  });

  it('sends people home when their server is well again, not those who are in the middle of something', async () => {
    const goHome = { enabled: true, afterMs: 300, usersPerSecond: 500 };
    const [two] = (await start(['two'], { homeOf: homeOnOne, signIn: { goHome } })) as [Node];
    const clients = ['ann', 'bob', 'cid'].map((userId) => new TestClient(userId));
    const [ann, bob, cid] = clients as [TestClient, TestClient, TestClient];
    for (const client of clients) assert.equal(await client.signIn(two, nodes), two);
    two.signIn.addMoveVeto((userId) => userId === 'bob');
    await cid.request('session.activity', { activity: 'active', unsentText: true });
    const [one] = (await start(['one'], { homeOf: homeOnOne, signIn: { goHome } })) as [Node];
    await eventually(() => ann.closedBy === 'redirected', { withinMs: 6_000 });
    assert.equal(ann.events.at(-1)?.reason, 'goingHome');
    assert.ok(one.sessions.has('ann' as UserId), 'expected before the client comes');
    assert.equal((await ann.ask(one, { ticket: String(ann.events.at(-1)?.ticket) })).status, 'welcome');
    await never(() => bob.closedBy !== undefined || cid.closedBy !== undefined, 1_000, 'somebody busy is moved');
    await cid.request('session.activity', { activity: 'active', unsentText: false });
    await eventually(() => cid.closedBy === 'redirected', { withinMs: 5_000 });
  });

  it('does not send home whose client cannot open the home server', async () => {
    const goHome = { enabled: true, afterMs: 100, usersPerSecond: 500 };
    const [, two] = await startTwo({ homeOf: homeOnOne, signIn: { goHome } });
    const client = new TestClient('ann');
    client.unreachable.add('one');
    assert.equal(await client.signIn(two, nodes), two);
    await never(() => client.closedBy !== undefined, 2_500, 'the client is sent where it cannot go');
  });

  it('takes the people of a dead server at a bounded rate, and gives up who does not come', async () => {
    const [one, two] = await startTwo({
      homeOf: homeOnOne,
      signIn: { returnsPerSecond: 100, returnWaitMs: 200, goneAfterMs: 3_000, goneAfterQueueMs: 4_000 },
    });
    const clients = Array.from({ length: 150 }, (_, at) => new TestClient(`user-${at}`));
    await Promise.all(clients.map((client) => client.signIn(one, nodes)));
    await eventually(() => [...two.ownership.ownedBy(one.cluster.self)].length === 150);
    const stale: UserId[] = [];
    const gone: UserId[] = [];
    two.signIn.onStale((users) => stale.push(...users));
    two.signIn.onGone((users) => gone.push(...users));
    const before = one.cluster.self;
    await crash(one);
    await eventually(() => two.cluster.members.isBuried(before), { withinMs: 6_000 });
    assert.equal(stale.length, 150);
    assert.ok(two.signIn.isMissing('user-0' as UserId));
    let busy = 0;
    const beganMs = performance.now();
    await Promise.all(
      clients.slice(0, 120).map(async (client) => {
        const first = await client.ask(two);
        if (first.status === 'busy') busy++;
        if (first.status !== 'welcome') await client.signIn(two, nodes);
      }),
    );
    const tookMs = performance.now() - beganMs;
    console.log(`      120 people back in ${Math.round(tookMs)} ms at 100 per second, ${busy} told to come later`);
    assert.ok(tookMs > 900, `${tookMs} ms`);
    measured('everybody is back', tookMs, 2_000);
    assert.ok(busy > 0);
    assert.equal(two.signIn.isMissing('user-0' as UserId), false);
    await eventually(() => gone.length > 0, { withinMs: 6_000 });
    assert.deepEqual(
      gone.sort(),
      clients
        .slice(120)
        .map(({ userId }) => userId)
        .sort(),
    );
  });

  it('has a thousand people of a killed server signed in again within 5 s', async () => {
    const [one, two] = await startTwo({ homeOf: homeOnOne });
    const clients = Array.from({ length: 1_000 }, (_, at) => new TestClient(`user-${at}`));
    await Promise.all(clients.map((client) => client.signIn(one, nodes)));
    await eventually(() => [...two.ownership.ownedBy(one.cluster.self)].length === 1_000, { withinMs: 5_000 });
    await crash(one);
    const diedMs = performance.now();
    const times: number[] = [];
    await Promise.all(
      clients.map(async (client) => {
        await client.signIn(two, nodes);
        times.push(performance.now() - diedMs);
      }),
    );
    times.sort((a, b) => a - b);
    console.log(`      signed in again: p50 ${Math.round(times[500] ?? 0)} ms`);
    assert.equal(two.sessions.userCount, 1_000);
    measured('99 of 100 are signed in again', times[990] ?? 0, 5_000);
  });
});
