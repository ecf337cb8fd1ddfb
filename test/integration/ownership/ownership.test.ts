import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import * as z from 'zod';
import { type ActId, incarnationId, randomId, type ServerId, type UserId } from '#shared/ids.ts';
import { actParamsSchema, defineAct } from '#shared/mesh/contracts/ownership.ts';
import { UCError } from '#shared/protocol/errors.ts';
import { isLong } from '#test/support/effort.ts';
import { eventually, never } from '#test/support/eventually.ts';
import { expectNoKeys, HandleWatch } from '#test/support/leaks.ts';
import { RedisServer } from '#test/support/redis-server.ts';
import { TempFolder } from '#test/support/temp-folder.ts';
import { knowEachOther, Node, type NodeOptions } from './fixture.ts';

const ann = 'ann' as UserId;
const raise = defineAct('test.raise', actParamsSchema.extend({ by: z.number() }), z.number(), { meaning: 'Adds to a number.' });

describe('ownership over Redis', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let client: Redis;
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

  /** Every server says the same of this user. */
  async function agree(userId: UserId, owner: Node | undefined, withinMs = 2_000): Promise<void> {
    await eventually(
      () => nodes.every((node) => node.ownerOf(userId) === owner?.id && node.ownership.owns(userId) === (node === owner)),
      { withinMs, what: `all know that ${owner?.id ?? 'nobody'} owns ${userId}` },
    );
  }

  before(async () => {
    redis = await RedisServer.start();
    client = redis.client();
    await client.ping();
  });
  after(() => redis.stop());
  beforeEach(() => {
    handles = new HandleWatch();
    folder = new TempFolder('ownership');
  });
  afterEach(async () => {
    if (!redis.running) await redis.restart();
    await Promise.all(nodes.map((node) => node.stop()));
    nodes = [];
    await client.flushall();
    folder.remove();
    await handles.check();
  });

  it('gives a user to the first who takes them, and tells everybody', async () => {
    const [one, two] = await startTwo();
    assert.equal(await one.ownership.take(ann), 'taken');
    await agree(ann, one);
    assert.deepEqual(await two.ownership.take(ann), { ownedBy: one.cluster.self });
    assert.equal(await one.ownership.take(ann), 'taken', 'taking again changes nothing');
    assert.deepEqual(one.log, ['taken ann']);
  });

  it('has exactly one owner when two take the same user at once, two hundred times', async () => {
    const [one, two] = await startTwo();
    const times = isLong ? 2_000 : 200;
    await Promise.all(
      Array.from({ length: times }, async (_, at) => {
        const userId = `user-${at}` as UserId;
        const takers = at % 2 === 0 ? [one, two] : [two, one];
        const outcomes = await Promise.all(takers.map(({ ownership }) => ownership.take(userId)));
        assert.equal(outcomes.filter((outcome) => outcome === 'taken').length, 1, `one owner of ${userId}`);
      }),
    );
    await eventually(() => {
      for (let at = 0; at < times; at++) {
        const userId = `user-${at}` as UserId;
        assert.equal(one.ownerOf(userId), two.ownerOf(userId));
        assert.notEqual(one.ownership.owns(userId), two.ownership.owns(userId));
      }
    });
  });

  it('releases a user with a term that goes on rising', async () => {
    const [one, two] = await startTwo();
    await one.ownership.take(ann);
    const [term] = one.ownership.nextVersion(ann);
    const flushed: boolean[] = [];
    one.ownership.beforeRelease((userId) => void flushed.push(one.ownership.owns(userId)));
    await one.ownership.release(ann);
    assert.deepEqual(flushed, [true], 'before a release the user is still owned');
    assert.throws(() => one.ownership.nextVersion(ann), { code: 'NOT_OWNER' });
    await eventually(async () => (await two.ownership.take(ann)) === 'taken');
    await agree(ann, two);
    assert.ok(two.ownership.nextVersion(ann)[0] > term);
    assert.deepEqual(two.ownership.nextVersion(ann).slice(1), ['two', two.cluster.self.life, 2]);
    await two.ownership.release(ann);
    await expectNoKeys(client, [/:lives$/, /:members$/, /:tombstones$/]);
  });

  it('hands a user over on request with what the features know, once a minute', async () => {
    const [one, two] = await startTwo();
    for (const node of [one, two]) {
      node.ownership.addHandOver('test', {
        export: () => `known to ${node.id}`,
        import: (_, part) => node.log.push(String(part)),
      });
    }
    await one.ownership.take(ann);
    await agree(ann, one);
    assert.equal(await two.ownership.ask(ann), true);
    await agree(ann, two);
    assert.deepEqual(two.log.slice(0, 2), ['known to one', 'taken ann'], 'imported before it is told');
    assert.deepEqual(one.log, ['taken ann', 'lost ann to two']);
    await eventually(() => two.log.length === 3, { what: 'what was set in between is delivered' });
    assert.equal(await one.ownership.ask(ann), false);
  });

  it('moves users by offer, also those the receiver has not heard of yet', async () => {
    const [one, two] = await startTwo();
    const users = Array.from({ length: 120 }, (_, at) => `user-${at}` as UserId);
    await Promise.all(users.map((userId) => one.ownership.take(userId)));
    const moved = await one.ownership.offer([...users, ann], two.cluster.self);
    assert.deepEqual([...moved].sort(), [...users].sort());
    for (const userId of users) await agree(userId, two);
    two.ownership.acceptOffers(() => false);
    await one.ownership.take(ann);
    two.signIn.stop();
    two.ownership.acceptOffers(() => false);
    assert.deepEqual(await one.ownership.offer([ann], two.cluster.self), []);
    assert.ok(one.ownership.owns(ann));
  });

  it('takes the users of a dead server, of a living one only when named', async () => {
    const [one, two] = await startTwo();
    await one.ownership.take(ann);
    await agree(ann, one);
    const died: string[] = [];
    two.ownership.onOwnerDied((users, owner) => died.push(`${users.join()} of ${owner.serverId}`));
    await one.crash();
    nodes = [two];
    await eventually(() => two.cluster.members.isBuried(one.cluster.self), { withinMs: 5_000 });
    assert.deepEqual(died, ['ann of one']);
    assert.equal(two.ownerOf(ann), undefined);
    assert.equal(await two.ownership.take(ann), 'taken');
    await eventually(async () => {
      const stored = await client.hgetall('uc:test:{cluster}:owners');
      assert.deepEqual(Object.keys(stored), ['ann']);
      assert.match(stored.ann ?? '', /"server":"two"/);
    });
    const [three] = (await start(['three'])) as [Node];
    await agree(ann, two);
    assert.equal(await three.ownership.take(ann, two.cluster.self), 'taken');
    await agree(ann, three);
  });

  it('has exactly one owner of each when two race for the users of a dead server', async () => {
    const [one, two, three] = (await start(['one', 'two', 'three'])) as [Node, Node, Node];
    const users = Array.from({ length: 200 }, (_, at) => `user-${at}` as UserId);
    await Promise.all(users.map((userId) => one.ownership.take(userId)));
    await eventually(() => users.every((userId) => two.ownerOf(userId) === 'one' && three.ownerOf(userId) === 'one'));
    const before = one.cluster.self;
    await one.crash();
    nodes = [two, three];
    // The clients are quicker than the verdict: each server was told that the owner does not answer.
    const outcomes = await Promise.all(
      users.map((userId, at) =>
        Promise.all((at % 2 === 0 ? [two, three] : [three, two]).map(({ ownership }) => ownership.take(userId, before))),
      ),
    );
    for (const outcome of outcomes) assert.equal(outcome.filter((each) => each === 'taken').length, 1);
    await eventually(() => nodes.every(({ cluster }) => cluster.members.isBuried(before)), { withinMs: 6_000 });
    for (const userId of users) {
      assert.equal(two.ownerOf(userId), three.ownerOf(userId));
      assert.notEqual(two.ownership.owns(userId), three.ownership.owns(userId));
    }
    await eventually(async () => {
      const stored = Object.values(await client.hgetall('uc:test:{cluster}:owners'));
      assert.equal(stored.filter((record) => record.includes('"server":"one"')).length, 0);
      assert.equal(stored.length, 200);
    });
  });

  it('goes on without Redis, and the higher version wins when it is back', async () => {
    const [one, two] = await startTwo();
    await one.ownership.take('old' as UserId);
    await agree('old' as UserId, one);
    await redis.kill();
    await eventually(() => nodes.every(({ cluster }) => cluster.redis.state === 'down' && cluster.mesh.state === 'down'), {
      withinMs: 6_000,
    });
    assert.deepEqual(await two.ownership.take('old' as UserId), { ownedBy: one.cluster.self }, 'a known owner stays');
    assert.equal(await one.ownership.take(ann), 'taken');
    assert.equal(await one.ownership.take('bob' as UserId), 'taken');
    assert.equal(await two.ownership.take(ann), 'taken', 'nobody can know');
    assert.ok(one.ownership.owns(ann) && two.ownership.owns(ann));
    await redis.restart();
    await knowEachOther(...nodes);
    const winner = (one.ownership.termOf(ann) ?? 0) > (two.ownership.termOf(ann) ?? 0) ? one : two;
    await agree(ann, winner, 2_000);
    await agree('bob' as UserId, one);
    await agree('old' as UserId, one);
    await eventually(async () => {
      const stored = await client.hgetall('uc:test:{cluster}:owners');
      assert.deepEqual(Object.keys(stored).sort(), ['ann', 'bob', 'old']);
      assert.match(stored.ann ?? '', new RegExp(`"server":"${winner.id}"`));
    });
  });

  it('asserts thousands of users within a second after Redis was restarted empty', async () => {
    const [one, two] = await startTwo();
    const users = Array.from({ length: 3_000 }, (_, at) => `user-${at}` as UserId);
    await Promise.all(users.map((userId, at) => (at % 3 === 0 ? two : one).ownership.take(userId)));
    await redis.restart();
    await eventually(() => nodes.every(({ cluster }) => cluster.redis.state === 'up'), { withinMs: 5_000 });
    const backMs = performance.now();
    await eventually(async () => (await client.hlen('uc:test:{cluster}:owners')) === 3_000, { withinMs: 3_000 });
    console.log(`      all asserted ${Math.round(performance.now() - backMs)} ms after Redis was back (promise: 1,000)`);
    await never(() => [...one.log, ...two.log].some((line) => line.startsWith('lost')), 200, 'somebody is lost');
  });

  it('settles a quarrel of two owners: the loser hands over and never goes on', async () => {
    const [one, two] = await startTwo();
    two.ownership.addHandOver('test', { export: () => undefined, import: (_, part) => two.log.push(String(part)) });
    one.ownership.addHandOver('test', { export: () => 'set on one', import: () => undefined });
    await one.ownership.take(ann);
    await agree(ann, one);
    // As after a probe without an answer: two takes although one lives.
    assert.equal(await two.ownership.take(ann, one.cluster.self), 'taken');
    await agree(ann, two);
    assert.throws(() => one.ownership.nextVersion(ann), UCError);
    await eventually(() => two.log.includes('set on one'));
  });

  it('takes its users anew in a new life, and gives up whom another has taken meanwhile', async () => {
    const [one, two] = await startTwo();
    const [bob, cid] = ['bob', 'cid'] as [UserId, UserId];
    for (const userId of [ann, bob, cid]) await one.ownership.take(userId);
    await eventually(() => two.ownerOf(cid) === 'one');
    const before = one.cluster.self;
    const version = one.ownership.nextVersion(ann);
    const died: UserId[] = [];
    two.ownership.onOwnerDied((users) => died.push(...users));
    // As after a hang of one: two judges it dead, which is final for this incarnation.
    const taking = new Promise<void>((resolve) => {
      two.cluster.members.onLost(() => void two.ownership.take(bob).then(() => resolve()));
    });
    two.cluster.members.bury(before, 'silent', incarnationId(two.cluster.self));
    await taking;
    assert.deepEqual(died.sort(), [ann, bob, cid]);
    await eventually(() => one.cluster.self.life > before.life, { withinMs: 5_000, what: 'one lives again' });
    await knowEachOther(one, two);
    for (const userId of [ann, cid]) await agree(userId, one);
    await agree(bob, two);
    const [term, , life] = one.ownership.nextVersion(ann);
    assert.ok(term > version[0] && life > before.life);
    assert.ok(one.log.includes('lost bob to two'));
    assert.ok(!one.log.includes('lost ann to two'));
    await eventually(async () => {
      const stored = await client.hgetall('uc:test:{cluster}:owners');
      assert.deepEqual(Object.keys(stored).sort(), ['ann', 'bob', 'cid']);
      assert.match(stored.ann ?? '', new RegExp(`"life":${one.cluster.self.life}`));
    });
  });

  it('leaves users to a server that is cut off from Redis alone', async () => {
    const [one, two] = await startTwo();
    await one.ownership.take(ann);
    await agree(ann, one);
    one.link.cut();
    await eventually(() => two.cluster.members.get(one.id)?.suspected === true, { withinMs: 5_000 });
    assert.deepEqual(await two.ownership.take(ann), { ownedBy: one.cluster.self });
    assert.ok(one.ownership.owns(ann));
    assert.equal(await two.ownership.ask(ann), true, 'it can be asked directly');
    assert.ok(two.ownership.owns(ann));
    await one.link.heal();
    await knowEachOther(one, two);
    await agree(ann, two);
  });

  it('ignores records that were not signed by the mesh', async () => {
    const [one] = await startTwo();
    const forged = `x.${JSON.stringify({ term: 9_999_999_999_999, server: 'two', life: 1 })}`;
    await client.hset('uc:test:{cluster}:owners', 'ann', forged);
    assert.equal(await one.ownership.take(ann), 'taken');
    const stored = await client.hget('uc:test:{cluster}:owners', 'ann');
    await client.hset('uc:test:{cluster}:owners', 'bob', stored ?? '');
    assert.equal(await one.ownership.take('bob' as UserId), 'taken', 'a record of another user counts for nothing');
  });

  it('finds by digest what was lost', async () => {
    const [one, two] = await startTwo({ ownership: { digestEveryMs: 200 } });
    await one.ownership.take(ann);
    await agree(ann, one);
    // The map of two forgets, as if the event had never come.
    const section = [...two.ownership.ownedBy(one.cluster.self)];
    assert.deepEqual(section, ['ann']);
    const term = one.ownership.termOf(ann) ?? 0;
    const { ownerChanges } = await import('#shared/mesh/contracts/ownership.ts');
    one.cluster.mesh.send('two' as ServerId, ownerChanges, {
      changes: [{ userId: 'ghost' as UserId, term, owner: incarnationId(one.cluster.self), owned: true }],
    });
    await eventually(() => two.ownerOf('ghost' as UserId) === 'one');
    await eventually(() => two.ownerOf('ghost' as UserId) === undefined, { withinMs: 3_000, what: 'the ghost is gone' });
    assert.equal(two.ownerOf(ann), 'one');
  });

  describe('acts', () => {
    const numbers = new Map<string, number>();
    const act = (by: number, actId = randomId()) => ({ actId: actId as ActId, actor: 'bob' as UserId, by });

    async function startWithActs(options: NodeOptions = {}): Promise<[Node, Node]> {
      const two = await startTwo(options);
      numbers.clear();
      for (const { ownership, id } of two) {
        ownership.handleAct(raise, ({ by }) => {
          numbers.set(id, (numbers.get(id) ?? 0) + by);
          return numbers.get(id) ?? 0;
        });
      }
      return two;
    }

    it('are executed at the owner, wherever that is', async () => {
      const [one, two] = await startWithActs();
      await one.ownership.take(ann);
      await agree(ann, one);
      assert.equal(await two.ownership.act(ann, raise, act(1)), 1);
      assert.equal(await one.ownership.act(ann, raise, act(2)), 3);
      assert.deepEqual([...numbers], [['one', 3]]);
    });

    it('are executed once, also when the user has moved in between', async () => {
      const [one, two] = await startWithActs();
      await one.ownership.take(ann);
      await agree(ann, one);
      const twice = act(5);
      assert.equal(await two.ownership.act(ann, raise, twice), 5);
      assert.equal(await two.ownership.act(ann, raise, twice), 5);
      await one.ownership.offer([ann], two.cluster.self);
      assert.equal(await one.ownership.act(ann, raise, twice), 5);
      assert.deepEqual([...numbers], [['one', 5]]);
    });

    it('take a user nobody owns at the home server, else where the actor is', async () => {
      const [one, two] = await startWithActs({ homeOf: (userId) => (userId === ann ? ('two' as ServerId) : undefined) });
      await one.ownership.act(ann, raise, act(1));
      await agree(ann, two);
      await one.ownership.act('cid' as UserId, raise, act(1));
      await agree('cid' as UserId, one);
    });

    it('follow a user who has moved', async () => {
      const [one, two] = await startWithActs();
      await one.ownership.take(ann);
      await agree(ann, one);
      const racing = one.ownership.offer([ann], two.cluster.self);
      await Promise.all(Array.from({ length: 20 }, () => two.ownership.act(ann, raise, act(1))));
      await racing;
      assert.equal((numbers.get('one') ?? 0) + (numbers.get('two') ?? 0), 20);
    });
  });
});
