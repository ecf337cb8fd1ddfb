import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Cluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { keysOf } from '#test/support/leaks.ts';
import { type Person, say } from '#test/support/person.ts';
import { RedisServer } from '#test/support/redis-server.ts';

interface Heard {
  readonly channel: string;
  readonly bytes: Buffer;
}

/** Somebody who knows the password of Redis but not that of the mesh. */
class Intruder {
  readonly redis: Redis;
  readonly heard: Heard[] = [];

  constructor(server: RedisServer) {
    this.redis = server.client();
    const listener = server.client();
    listener.on('pmessageBuffer', (_pattern: string, channel: Buffer, bytes: Buffer) => {
      this.heard.push({ channel: channel.toString(), bytes });
    });
    void listener.psubscribe('uc:*');
  }

  get envelopes(): readonly Heard[] {
    return this.heard.filter(({ channel }) => channel.includes(':inbox:'));
  }

  async publish(messages: Iterable<Heard>): Promise<void> {
    await Promise.all([...messages].map(({ channel, bytes }) => this.redis.publish(channel, bytes)));
  }
}

const altered = ({ channel, bytes }: Heard, from: string, to: string): Heard => ({
  channel,
  bytes: Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1'),
});

describe('who has the password of Redis but not that of the mesh', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let intruder: Intruder;
  let ann: Person;
  let bob: Person;

  before(async () => {
    cluster = await Cluster.start({ people: { ann: { home: 'server-1' }, bob: { home: 'server-2' } } });
    intruder = new Intruder(cluster.redis);
    [ann, bob] = await Promise.all([cluster.signIn('ann'), cluster.signIn('bob')]);
    await ann.watch(bob);
    await bob.watch(ann);
    await ann.untilSees(bob, 'available');
  });
  after(() => cluster[Symbol.asyncDispose]());

  /** What ann is shown of bob while `act` runs and until a true change has got through. */
  async function shownDuring(act: () => Promise<void>, next: 'busy' | 'away' | 'doNotDisturb'): Promise<string[]> {
    const from = ann.sightings.length;
    await act();
    await bob.client.call('presence.set', { state: next });
    await ann.untilSees(bob, next, 10_000);
    const shown = ann.sightings.slice(from).filter(({ presence }) => presence.userId === bob.userId);
    return [...new Set(shown.map(({ presence: { state, stale } }) => `${state}${stale ? ' (stale)' : ''}`))];
  }

  it('replays and reorders envelopes without effect', async () => {
    const from = intruder.envelopes.length;
    const chat = await bob.chatWith(ann);
    for (const state of ['busy', 'doNotDisturb', 'available'] as const) {
      await bob.client.call('presence.set', { state });
      await ann.untilSees(bob, state);
      await say(chat, `now ${state}`);
    }
    await eventually(() => ann.heard.length === 3 && intruder.envelopes.length > from + 6);
    const recorded = intruder.envelopes.slice(from);
    assert.ok(
      recorded.some(({ bytes }) => bytes.includes('doNotDisturb')),
      'what is to be replayed was recorded',
    );
    const shown = await shownDuring(async () => {
      for (let times = 0; times < 3; times++) {
        await intruder.publish(recorded);
        await intruder.publish([...recorded].reverse());
      }
    }, 'away');
    assert.deepEqual(shown, ['away']);
    assert.deepEqual(ann.heard, ['now busy', 'now doNotDisturb', 'now available'], 'each message once');
  });

  it('forges and alters envelopes without effect', async () => {
    const recorded = intruder.envelopes.slice(-200);
    const shown = await shownDuring(async () => {
      await intruder.publish(recorded.map((each) => altered(each, 'available', 'offline')));
      await intruder.publish(recorded.map((each) => altered(each, 'away', 'busy')));
      // A later number, with the signature of another envelope.
      await intruder.publish(
        recorded.map((each) => ({
          ...each,
          bytes: Buffer.concat([
            each.bytes.subarray(0, 32),
            Buffer.from(
              each.bytes
                .subarray(32)
                .toString('latin1')
                .replace(/ (\d+) (\d+\.\d\d)\n/, ' 999999 $2\n'),
              'latin1',
            ),
          ]),
        })),
      );
      await intruder.publish(recorded.slice(0, 50).map(({ channel }) => ({ channel, bytes: randomBytes(500) })));
      await intruder.publish(recorded.slice(0, 50).map(({ channel }) => ({ channel, bytes: Buffer.alloc(0) })));
    }, 'busy');
    assert.deepEqual(shown, ['busy']);
  });

  it('writes members, tombstones and owners into Redis without effect', async () => {
    const { redis } = intruder;
    const keys = await keysOf(redis);
    const key = (name: string) => {
      const found = keys.find((each) => each.endsWith(name));
      assert.ok(found, `there is a key ${name}`);
      return found;
    };
    const members = await redis.hgetall(key(':members'));
    const [incarnation, record] = Object.entries(members).find(([id]) => id.startsWith('server-2:')) as [string, string];
    const forged = record.replaceAll('server-2', 'server-9');
    const sessions = [ann.sessionId, bob.sessionId];
    const shown = await shownDuring(async () => {
      await redis.hset(key(':members'), incarnation.replace('server-2', 'server-9'), forged);
      for (const { channel } of intruder.heard.filter((each) => each.channel.endsWith(':beats')).slice(-3))
        await redis.publish(channel, forged);
      const owners = await redis.hgetall(key(':owners'));
      for (const [userId, owner] of Object.entries(owners))
        await redis.hset(key(':owners'), userId, owner.replaceAll('server-2', 'server-9'));
      // A record moved to another place, and heartbeats of the past.
      const [one, other] = Object.entries(owners);
      if (one && other) await redis.hset(key(':owners'), one[0], other[1]);
      await intruder.publish(intruder.heard.filter((each) => each.channel.endsWith(':beats')));
      const tombstones = key(':members').replace(/members$/, 'tombstones');
      await redis.hset(
        tombstones,
        'server-1:1',
        `9999999999999 0 bm90IHNpZ25lZA.{"incarnation":"server-1:1","by":"server-2:1","reason":"silent"}`,
      );
    }, 'doNotDisturb');
    assert.deepEqual(shown, ['doNotDisturb']);
    // Servers compare what stands in Redis with what they heard every five seconds.
    await eventually(async () => {
      const own = Object.entries(await redis.hgetall(key(':members'))).find(([id]) => id === incarnation);
      return own !== undefined && own[1] !== record;
    });
    for (const server of cluster.servers) assert.deepEqual((await server.knownServers()).sort(), ['server-1', 'server-2']);
    assert.deepEqual([ann.sessionId, bob.sessionId], sessions, 'nobody was signed out');
  });
});

describe('two meshes on one Redis', function () {
  this.timeout(60_000);

  it('know nothing of each other, though their servers and people have the same names', async () => {
    await using redis = await RedisServer.start({ password: 'shared' });
    const people = { ann: { home: 'server-1' }, bob: { home: 'server-2' } };
    await using north = await Cluster.start({ redis, people, meshId: 'north' });
    await using south = await Cluster.start({ redis, people, meshId: 'south' });
    for (const mesh of [north, south]) {
      for (const server of mesh.servers) {
        const answer = (await (await fetch(`${server.url}/api/servers`)).json()) as { servers: { url: string }[] };
        assert.deepEqual(answer.servers.map(({ url }) => url).sort(), [...mesh.urls].sort());
      }
    }
    const [ann, bob, southAnn, southBob] = await Promise.all([
      north.signIn('ann'),
      north.signIn('bob'),
      south.signIn('ann'),
      south.signIn('bob'),
    ]);
    await ann.watch(bob);
    await southAnn.watch(southBob);
    await bob.client.call('presence.set', { state: 'busy' });
    await ann.untilSees(bob, 'busy');
    await southBob.client.call('presence.set', { state: 'away' });
    await southAnn.untilSees(southBob, 'away');
    assert.equal(ann.sees(bob)?.state, 'busy');
    assert.ok(
      southAnn.sightings.every(({ presence }) => presence.state !== 'busy'),
      'what the other mesh was told',
    );
    const inboxes = (await keysOf(redis.client())).map((each) => each.split(':')[1]);
    assert.deepEqual([...new Set(inboxes)].sort(), ['north', 'south']);
    // A token of one mesh is worth nothing in the other.
    await assert.rejects(
      fetch(`${south.urls[0]}/api/account/picture`, { method: 'DELETE', headers: { authorization: 'Bearer x' } }).then(
        (answer) => {
          if (!answer.ok) throw new Error(String(answer.status));
        },
      ),
      /401/,
    );
  });
});
